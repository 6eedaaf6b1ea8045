#include "engine/core/sweep.h"

#include <algorithm>
#include <cmath>

namespace dualtape {

namespace {

template <class Scalar>
typename EditList<Scalar>::Columns columns_of(const Step<Scalar>& step,
                                              const SweepContext<Scalar>& context) {
    const Shape& shape = step.y.shape;
    return {shape.rows,        shape.columns(context.samples),
            shape.span,        context.first_sample,
            context.selection, shape.is_fixed};
}

template <class Scalar>
bool is_edited(const EditList<Scalar>* edits, const Step<Scalar>& step) {
    return edits != nullptr && step.is_tap && edits->touches(step.node);
}

// The value as consumers see it: the plane of the op's own rules, copied when those must keep the
// unedited value, then edited.
template <class Scalar>
void finish_value(const Step<Scalar>& step, SweepContext<Scalar>& context) {
    const auto columns = columns_of(step, context);
    const Index size = columns.rows * columns.columns;
    auto* seen = context.template address<Scalar>(step.y_seen);
    const auto* own = context.template address<Scalar>(
        step.copied_from.area != Area::none ? step.copied_from : step.y.value);
    if (own != seen) std::copy_n(own, size, seen);
    const bool is_at_hand = step.copied_from.area != Area::none;  // already has earlier edits
    if (!is_at_hand && is_edited(context.edits, step)) {
        context.edits->apply(step.node, seen, columns, context.scratch);
    }
    if (is_edited(context.replay_edits, step)) {
        context.replay_edits->apply(step.node, seen, columns, context.scratch);
    }
}

}  // namespace

template <class Scalar>
Index count_nonfinite(const Scalar* values, Index size) {
    Index count = 0;
    for (Index i = 0; i < size; ++i) {
        if constexpr (is_complex<Scalar>) {
            count += std::isfinite(values[i].real()) && std::isfinite(values[i].imag()) ? 0 : 1;
        } else {
            count += std::isfinite(values[i]) ? 0 : 1;
        }
    }
    return count;
}

template <class Scalar>
void Sweep<Scalar>::fill_frame(const Step<Scalar>& step, const SweepContext<Scalar>& context,
                               Frame<Scalar>& frame) noexcept {
    const auto planes = [&](const NodePlaces& places) -> NodePlanes<Scalar> {
        return {context.template address<Scalar>(places.value),
                context.template address<Scalar>(places.tangent),
                context.template address<Scalar>(places.adjoint), places.shape.rows,
                places.shape.columns(context.samples)};
    };
    const Shape& shape = step.y.shape;
    frame.y_ = planes(step.y);
    frame.span_ = shape.span;
    frame.samples_ = shape.is_fixed ? 1 : context.samples;
    frame.first_column_ = shape.is_fixed ? 0 : context.first_sample * shape.span;
    frame.order_ = context.order;
    frame.seed_ = context.seed;
    frame.calls_ = context.calls;
    frame.packing_ = context.scratch.packing;
    for (std::size_t i = 0; i < step.saves.size(); ++i) {
        frame.save_[i] = context.template address<std::byte>(step.saves[i]);
    }
    for (std::size_t i = 0; i < step.lane_saves.size(); ++i) {
        frame.lane_save_[i] = context.template address<std::byte>(step.lane_saves[i]);
    }
    frame.inputs_ = static_cast<int>(step.inputs.size());
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        const StepInput& input = step.inputs[i];
        const bool is_first = input.is_first && (!input.is_partial || context.is_first_chunk);
        frame.input_[i] = {planes(input), input.is_active, is_first};
    }
}

template <class Scalar>
void Sweep<Scalar>::run_step(const Step<Scalar>& step, SweepContext<Scalar>& context) noexcept {
    if (step.op == nullptr) {
        finish_value(step, context);
        return;
    }
    Frame<Scalar> frame;
    fill_frame(step, context, frame);
    const bool reads_adjoint = step.rule == Rule::pull || step.rule == Rule::bend ||
                               step.rule == Rule::curvature || step.rule == Rule::sampled;
    if (reads_adjoint && is_edited(context.edits, step)) {
        // The node's rules see the adjoint of the unedited value; the plane keeps the other.
        const auto columns = columns_of(step, context);
        Scalar* transformed = context.transformed;
        std::copy_n(frame.y_.adjoint, columns.rows * columns.columns, transformed);
        context.edits->apply_transposed(step.node, transformed, columns, context.scratch);
        frame.y_.adjoint = transformed;
    }
    switch (step.rule) {
        case Rule::value:
            step.op->value(frame);
            if (step.is_tap) finish_value(step, context);
            if (context.nonfinite != nullptr) {
                (*context.nonfinite)[static_cast<std::size_t>(step.node)] +=
                    count_nonfinite(frame.y_.value, frame.y_.rows * frame.y_.columns);
            }
            break;
        case Rule::push:
            step.op->push(frame);
            if (is_edited(context.edits, step)) {
                context.edits->apply_tangent(step.node, frame.y_.tangent, columns_of(step, context),
                                             context.scratch);
            }
            break;
        case Rule::pull:
            step.op->pull(frame);
            break;
        case Rule::bend:
            step.op->bend(frame);
            break;
        case Rule::curvature:
            context.curvature += step.op->curvature(frame);
            break;
        case Rule::sampled:
            step.op->sampled(frame);
            break;
    }
}

template <class Scalar>
void Sweep<Scalar>::run(const std::vector<Step<Scalar>>& steps,
                        SweepContext<Scalar>& context) noexcept {
    for (const Step<Scalar>& step : steps) run_step(step, context);
}

#define DUALTAPE_SWEEP(Scalar)    \
    template class Sweep<Scalar>; \
    template Index count_nonfinite<Scalar>(const Scalar*, Index);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_SWEEP)

}  // namespace dualtape
