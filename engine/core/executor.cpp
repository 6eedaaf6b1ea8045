// Construction, memory, and what theta and the batch give to a run: chunks, inputs, weights.
#include "engine/core/executor.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "engine/core/indexing.h"

namespace dualtape {

namespace {

// Below this many flops a team of threads costs more than it saves.
constexpr double kSerialFlops = 2e6;

// Groups of at least 32 samples, at most 8: a function of the batch alone. Both numbers are part
// of the bit contract.
int group_count(Index samples) { return static_cast<int>(std::clamp<Index>(samples / 32, 1, 8)); }

}  // namespace

template <class Scalar>
Executor<Scalar>::Executor(std::shared_ptr<const Compiled<Scalar>> compiled, int threads)
    : compiled_(std::move(compiled)), threads_(resolve_threads(threads)) {
    // Products pack planes, and the matrices of edits, which are no larger than rows x rows.
    std::size_t largest_operand = 0;
    for (const auto& node : plan().nodes()) {
        largest_operand = std::max(largest_operand, node.plane_bytes);
        if (!node.is_tap) continue;
        scratch_plane_bytes_ = std::max(scratch_plane_bytes_, node.plane_bytes);
        largest_operand = std::max(
            largest_operand, padded_bytes(at(node.shape.rows * node.shape.rows) * sizeof(Scalar)));
    }
    packing_bytes_ = std::min(padded_bytes(kernels::packing_bytes<Scalar>()), 2 * largest_operand);
    const Compiled<Scalar>& all = *compiled_;
    std::size_t lane = 0;
    for (const auto* schedule :
         {&all.value, &all.all_values, &all.gradient, &all.linearise, &all.adjoints}) {
        lane = std::max(lane, schedule->lane_bytes);
    }
    for (const auto& product : all.products) {
        if (product) lane = std::max(lane, product->lane_bytes);
    }
    fixed_.reserve(plan().fixed_bytes());
    fixed_adjoint_.reserve(plan().fixed_plane_bytes());
    reserve(lane, threads_, 1);
}

template <class Scalar>
int Executor<Scalar>::team(double flops) const {
    if (is_inside_parallel() || calls != nullptr) return 1;
    return flops < kSerialFlops && !uses_threads_always ? 1 : threads_;
}

// ---------------------------------------------------------------- memory

template <class Scalar>
void Executor<Scalar>::reserve(std::size_t lane_bytes, Index fixed_lanes, Index partials) {
    lane_bytes_ = std::max(lane_bytes_, lane_bytes);
    worker_bytes_ = lane_bytes_ + 2 * scratch_plane_bytes_ + 2 * plan().chunk_bytes() +
                    plan().chunk_adjoint_bytes() + packing_bytes_;
    workers_.reserve(worker_bytes_ * at(threads_));
    fixed_lanes_.reserve(plan().fixed_lane_bytes() * at(fixed_lanes));
    partials_.reserve(plan().frontier_bytes() * at(partials));
}

template <class Scalar>
std::size_t Executor<Scalar>::bytes() const {
    return fixed_.bytes() + fixed_adjoint_.bytes() + chunk_values_.bytes() +
           chunk_adjoints_.bytes() + workers_.bytes() + fixed_lanes_.bytes() + partials_.bytes() +
           replay_fixed_.bytes();
}

// Per worker: lane | two planes for edits | a chunk's values | its adjoints | a replay's values |
// packed operands.
template <class Scalar>
std::byte* Executor<Scalar>::worker_memory(int worker) const {
    return workers_.data() + worker_bytes_ * at(worker);
}

template <class Scalar>
std::byte* Executor<Scalar>::fixed_lane(Index slot) const {
    return fixed_lanes_.data() + plan().fixed_lane_bytes() * at(slot);
}

template <class Scalar>
std::byte* Executor<Scalar>::partial(Index index) const {
    return partials_.data() + plan().frontier_bytes() * at(index);
}

template <class Scalar>
auto Executor<Scalar>::fixed_context(const Schedule<Scalar>& schedule, Index slot, int worker) const
    -> Context {
    Context context;
    const auto set = [&](Area area, std::byte* base) {
        context.base[static_cast<std::size_t>(area)] = base;
    };
    set(Area::fixed, fixed_.data());
    set(Area::fixed_adjoint, fixed_adjoint_.data());
    set(Area::fixed_lane, fixed_lane(slot));
    set(Area::replay_fixed, replay_fixed_.data());
    context.order = schedule.order;
    context.seed = plan().options().seed;
    context.selection = batch_ ? batch_->selection_ : nullptr;
    context.edits = edits_.is_empty() ? nullptr : &edits_;
    std::byte* planes = worker_memory(worker) + lane_bytes_;
    context.scratch = {reinterpret_cast<Scalar*>(planes),
                       {worker_memory(worker + 1) - packing_bytes_, packing_bytes_}};
    context.transformed = reinterpret_cast<Scalar*>(planes + scratch_plane_bytes_);
    context.calls = calls;
    return context;
}

template <class Scalar>
auto Executor<Scalar>::chunk_context(const Schedule<Scalar>& schedule, Index chunk, int worker,
                                     bool keeps_values, bool keeps_adjoints) const -> Context {
    Context context = fixed_context(schedule, 0, worker);
    const auto set = [&](Area area, std::byte* base) {
        context.base[static_cast<std::size_t>(area)] = base;
    };
    std::byte* memory = worker_memory(worker);
    std::byte* scratch = memory + lane_bytes_;
    std::byte* values = scratch + 2 * scratch_plane_bytes_;
    std::byte* adjoints = values + plan().chunk_bytes();
    set(Area::lane, memory);
    set(Area::chunk,
        keeps_values ? chunk_values_.data() + plan().chunk_bytes() * at(chunk) : values);
    set(Area::chunk_adjoint, keeps_adjoints
                                 ? chunk_adjoints_.data() + plan().chunk_adjoint_bytes() * at(chunk)
                                 : adjoints);
    set(Area::replay_chunk, adjoints + plan().chunk_adjoint_bytes());
    poison(memory, lane_bytes_ + 2 * scratch_plane_bytes_);
    context.samples = chunks_[at(chunk)].samples;
    context.first_sample = chunks_[at(chunk)].first_sample;
    context.is_first_chunk = chunks_[at(chunk)].is_first;
    return context;
}

// ---------------------------------------------------------------- theta and the batch

template <class Scalar>
void Executor<Scalar>::bind(const Scalar* theta, Index size, const Batch<Scalar>& batch) {
    if (size != plan().parameter_count()) {
        throw std::invalid_argument("model: theta has " + std::to_string(size) +
                                    " numbers; the model has " +
                                    std::to_string(plan().parameter_count()) + " parameters");
    }
    if (batch.plan_ != compiled_->plan) {
        throw std::invalid_argument("model: the batch belongs to another model");
    }
    batch.check_tokens();
    if (batch_) {
        *batch_ = batch;
    } else {
        batch_.emplace(batch);
    }
    samples_ = batch.samples();
    edits_.check_columns(plan(), batch_->data_samples());
    theta_ = theta;
    split_samples();
    load_theta();
}

template <class Scalar>
void Executor<Scalar>::split_samples() {
    groups_ = group_count(samples_);
    chunks_.clear();
    group_chunks_.clear();
    for (int g = 0; g < groups_; ++g) {
        group_chunks_.push_back(static_cast<Index>(chunks_.size()));
        const Index begin = g * samples_ / groups_, end = (g + 1) * samples_ / groups_;
        for (Index first = begin; first < end; first += plan().chunk_samples()) {
            chunks_.push_back(
                {first, std::min(plan().chunk_samples(), end - first), g, first == begin});
        }
    }
    group_chunks_.push_back(static_cast<Index>(chunks_.size()));
}

template <class Scalar>
void Executor<Scalar>::load_theta() {
    for (const ParameterSlice& slice : plan().parameters()) {
        std::copy_n(
            theta_ + slice.offset, slice.size,
            reinterpret_cast<Scalar*>(fixed_.data() + plan().node(slice.node).value.offset));
    }
}

template <class Scalar>
void Executor<Scalar>::load_inputs(const Chunk& chunk, Context& context) const {
    for (std::size_t s = 0; s < plan().sources().size(); ++s) {
        const auto& node = plan().node(plan().sources()[s]);
        if (!node.is_needed) continue;
        const auto copy = [&]<class Element>(const Element* data, Element* plane) {
            const Index size = node.shape.rows * node.shape.span;
            for (Index i = 0; i < chunk.samples; ++i) {
                std::copy_n(data + batch_->source(chunk.first_sample + i) * size, size,
                            plane + i * size);
            }
        };
        const void* data = batch_->slots_[s].data;
        if (node.shape.is_tokens) {
            copy(static_cast<const std::int32_t*>(data),
                 context.template address<std::int32_t>(node.value));
        } else {
            copy(static_cast<const Scalar*>(data), context.template address<Scalar>(node.value));
        }
    }
}

// Applies the workspace's edits to the inputs of a chunk; value schedules do so by themselves.
template <class Scalar>
void Executor<Scalar>::edit_inputs(Context& context) const {
    for (const Node source : plan().sources()) {
        const auto& node = plan().node(source);
        if (context.edits == nullptr || !node.is_tap || !context.edits->touches(source)) continue;
        context.edits->apply(source, context.template address<Scalar>(node.value),
                             {node.shape.rows, node.shape.span * context.samples, node.shape.span,
                              context.first_sample, context.selection, false},
                             context.scratch);
    }
}

// ---------------------------------------------------------------- weights and sums of losses

template <class Scalar>
Scalar Executor<Scalar>::weight(Index column) const {
    const Index span = plan().node(plan().loss()).shape.span;
    if (batch_->weights_ == nullptr)
        return Scalar(1) / Scalar(static_cast<double>(samples_ * span));
    return batch_->weights_[batch_->source(column / span) * span + column % span];
}

template <class Scalar>
void Executor<Scalar>::seed_loss(Place place, const Chunk& chunk, Context& context) const {
    const Index span = plan().node(plan().loss()).shape.span;
    auto* seed = context.template address<Scalar>(place);
    for (Index c = 0; c < chunk.samples * span; ++c) {
        seed[c] = weight(chunk.first_sample * span + c);
    }
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::loss_sum(const Schedule<Scalar>& schedule, const Chunk& chunk,
                                        const Context& context) const {
    const Index span = plan().node(plan().loss()).shape.span;
    const auto* wide = context.template address<const Wide<Scalar>>(schedule.wide_loss);
    const auto* plain = context.template address<const Scalar>(schedule.value[at(plan().loss())]);
    Wide<Scalar> sum(0);
    for (Index c = 0; c < chunk.samples * span; ++c) {
        const Wide<Scalar> loss = wide != nullptr ? wide[c] : Wide<Scalar>(plain[c]);
        sum += Wide<Scalar>(weight(chunk.first_sample * span + c)) * loss;
    }
    return sum;
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::fixed_loss(const Schedule<Scalar>& schedule,
                                          const Context& context) const {
    if (const auto* wide = context.template address<const Wide<Scalar>>(schedule.wide_loss)) {
        return wide[0];
    }
    return Wide<Scalar>(*context.template address<const Scalar>(schedule.value[at(plan().loss())]));
}

#define DUALTAPE_EXECUTOR(Scalar) template class Executor<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EXECUTOR)

}  // namespace dualtape
