// Planes of named nodes: read, replayed with edits, and searched for numbers that are not finite.
#include "engine/core/executor.h"

#include <algorithm>

#include "engine/core/columns.h"
#include "engine/core/indexing.h"

namespace dualtape {

template <class Scalar>
void Executor<Scalar>::read(const Schedule<Scalar>& schedule, Node node, Scalar* out,
                            Index stride) {
    reserve(schedule.lane_bytes, threads_, 1);
    Context context = fixed_context(schedule, 0, 0);
    Sweep<Scalar>::run(schedule.prologue, context);
    const auto& planned = plan().node(node);
    const Place place = schedule.value[at(node)];
    if (planned.shape.is_fixed) {
        copy_columns(context.template address<const Scalar>(place), planned.shape.rows, out, stride,
                     planned.shape.rows, planned.shape.span);
        return;
    }
    const int threads = team(schedule.flops_per_sample * static_cast<double>(samples_));
    parallel_for(threads, static_cast<Index>(chunks_.size()), [&](Index c, int worker) {
        Context local = chunk_context(schedule, c, worker, false, false);
        load_inputs(chunks_[at(c)], local);
        Sweep<Scalar>::run(schedule.up, local);
        copy_columns(local.template address<const Scalar>(place), planned.shape.rows,
                     out + chunks_[at(c)].first_sample * planned.shape.span * stride, stride,
                     planned.shape.rows, planned.shape.span * chunks_[at(c)].samples);
    });
}

template <class Scalar>
void Executor<Scalar>::copy_plane(Node node, bool is_adjoint, Scalar* out, Index stride) {
    const auto& planned = plan().node(node);
    const Place place = is_adjoint ? planned.adjoint : planned.value;
    const auto copy = [&](const Context& context, Index first_column, Index columns) {
        copy_columns(context.template address<const Scalar>(place), planned.shape.rows,
                     out + first_column * stride, stride, planned.shape.rows, columns);
    };
    if (planned.shape.is_fixed) {
        copy(fixed_context(compiled_->linearise, 0, 0), 0, planned.shape.span);
        return;
    }
    for (Index c = 0; c < static_cast<Index>(chunks_.size()); ++c) {
        if (is_adjoint || keeps_ == Keep::nothing) recompute(c, 0);
        copy(
            chunk_context(compiled_->linearise, c, 0, keeps_ != Keep::nothing, keeps_ == Keep::all),
            chunks_[at(c)].first_sample * planned.shape.span,
            chunks_[at(c)].samples * planned.shape.span);
    }
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::replay(const EditList<Scalar>& edits,
                                      const Schedule<Scalar>& schedule, Node node, Scalar* out,
                                      Index stride) {
    edits.check_columns(plan(), batch_->data_samples());
    reserve(schedule.lane_bytes, threads_, 1);
    replay_fixed_.reserve(plan().fixed_bytes());
    const auto& planned = plan().node(node);
    const Place place = schedule.value[at(node)];
    Context context = fixed_context(schedule, 0, 0);
    context.replay_edits = &edits;
    Sweep<Scalar>::run(schedule.prologue, context);
    if (planned.shape.is_fixed) {
        copy_columns(context.template address<const Scalar>(place), planned.shape.rows, out, stride,
                     planned.shape.rows, planned.shape.span);
    }
    const bool has_samples = plan().has_samples();
    if (!has_samples && planned.shape.is_fixed) return fixed_loss(schedule, context);
    sums_.assign(at(groups_), Wide<Scalar>(0));
    const int threads = team(schedule.flops_per_sample * static_cast<double>(samples_));
    parallel_for(threads, groups_, [&](Index group, int worker) {
        for (Index c = group_chunks_[at(group)]; c < group_chunks_[at(group + 1)]; ++c) {
            const Chunk& chunk = chunks_[at(c)];
            Context local = chunk_context(schedule, c, worker, keeps_ != Keep::nothing, false);
            local.replay_edits = &edits;
            if (keeps_ == Keep::nothing) {
                load_inputs(chunk, local);
                edit_inputs(local);
            }
            Sweep<Scalar>::run(schedule.up, local);
            if (has_samples) sums_[at(group)] += loss_sum(schedule, chunk, local);
            if (planned.shape.is_fixed) continue;
            copy_columns(local.template address<const Scalar>(place), planned.shape.rows,
                         out + chunk.first_sample * planned.shape.span * stride, stride,
                         planned.shape.rows, planned.shape.span * chunk.samples);
        }
    });
    if (!has_samples) return fixed_loss(schedule, context);
    Wide<Scalar> total(0);
    for (const Wide<Scalar>& sum : sums_) total += sum;
    return total;
}

template <class Scalar>
Node Executor<Scalar>::locate_nonfinite(Index& count) {
    const Schedule<Scalar>& schedule = compiled_->all_values;
    reserve(schedule.lane_bytes, threads_, 1);
    std::vector<Index> counts(at(plan().size()), 0);
    const auto count_plane = [&](Node id, const Scalar* plane, Index size) {
        counts[at(id)] += count_nonfinite(plane, size);
    };
    Context context = fixed_context(schedule, 0, 0);
    context.nonfinite = &counts;
    for (const ParameterSlice& slice : plan().parameters()) {
        count_plane(slice.node,
                    context.template address<const Scalar>(plan().node(slice.node).value),
                    slice.size);
    }
    Sweep<Scalar>::run(schedule.prologue, context);
    for (Index c = 0; c < static_cast<Index>(chunks_.size()); ++c) {
        Context local = chunk_context(schedule, c, 0, false, false);
        local.nonfinite = &counts;
        load_inputs(chunks_[at(c)], local);
        for (const Node source : plan().sources()) {
            const auto& node = plan().node(source);
            if (node.shape.is_tokens || !node.is_needed) continue;
            count_plane(source, local.template address<const Scalar>(node.value),
                        node.shape.rows * node.shape.span * chunks_[at(c)].samples);
        }
        Sweep<Scalar>::run(schedule.up, local);
    }
    const auto first = std::find_if(counts.begin(), counts.end(), [](Index n) { return n > 0; });
    count = first == counts.end() ? 0 : *first;
    return first == counts.end() ? -1 : static_cast<Node>(first - counts.begin());
}

template <class Scalar>
void Executor<Scalar>::copy_losses(Scalar* out) const {
    std::copy(losses_.begin(), losses_.end(), out);
}

#define DUALTAPE_EXECUTOR_ACTIVATIONS(Scalar)                                                      \
    template void Executor<Scalar>::read(const Schedule<Scalar>&, Node, Scalar*, Index);           \
    template void Executor<Scalar>::copy_plane(Node, bool, Scalar*, Index);                        \
    template Wide<Scalar> Executor<Scalar>::replay(const EditList<Scalar>&,                        \
                                                   const Schedule<Scalar>&, Node, Scalar*, Index); \
    template Node Executor<Scalar>::locate_nonfinite(Index&);                                      \
    template void Executor<Scalar>::copy_losses(Scalar*) const;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EXECUTOR_ACTIVATIONS)

}  // namespace dualtape
