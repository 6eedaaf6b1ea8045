// Blocks of products at a point, in three orders of work.
#include "engine/core/executor.h"

#include <algorithm>
#include <type_traits>

#include "engine/core/columns.h"
#include "engine/core/indexing.h"

namespace dualtape {

// A sweep that starts or ends at a node goes one way: up with tangents or down with dotted
// adjoints.
template <class Scalar>
template <class Element>
void Executor<Scalar>::copy_block(const ProductBlock<Element>& block,
                                  const Schedule<Scalar>& schedule, Index tangent,
                                  const Context& context, bool is_fixed_phase) const {
    if (!block.is_node() || plan().node(block.node).shape.is_fixed != is_fixed_phase) return;
    const Shape shape = plan().node(block.node).shape;
    const bool is_carried = schedule.is_carried[at(block.node)];
    const Place place = (is_carried ? schedule.tangent : schedule.dotted)[at(block.node)];
    const bool exists =
        place.area != Area::none && (is_carried || schedule.is_written[at(block.node)]);
    const Index columns = shape.columns(context.samples);
    const Index offset =
        tangent * block.columns + (is_fixed_phase ? 0 : context.first_sample * shape.span);
    auto* plane = context.template address<Scalar>(place);
    if constexpr (std::is_const_v<Element>) {
        if (!exists) return;
        copy_columns(block.data + offset * block.stride, block.stride, plane, shape.rows,
                     shape.rows, columns);
    } else if (exists) {
        copy_columns<Scalar>(plane, shape.rows, block.data + offset * block.stride, block.stride,
                             shape.rows, columns);
    } else {
        zero_columns(block.data + offset * block.stride, block.stride, shape.rows, columns);
    }
}

template <class Scalar>
void Executor<Scalar>::begin_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                     int worker) {
    poison(fixed_lane(slot), plan().fixed_lane_bytes());
    Context context = fixed_context(call.schedule, slot, worker);
    if (call.in.is_theta()) {
        const Scalar* column = call.in.data + tangent * call.in.stride;
        for (const ParameterSlice& slice : plan().parameters()) {
            std::copy_n(
                column + slice.offset, slice.size,
                reinterpret_cast<Scalar*>(fixed_lane(slot) + plan().node(slice.node).fixed_offset));
        }
    }
    copy_block(call.in, call.schedule, tangent, context, true);
    Sweep<Scalar>::run(call.schedule.prologue, context);
    if (call.sums != nullptr) call.sums[tangent] = context.curvature;
}

// Empirical Fisher: column c of a loss op is seeded with y_bar_c y_dot_c, which is w_c y_dot_c
// where the op is the loss; so is a loss without loss ops.
template <class Scalar>
void Executor<Scalar>::seed_empirical(const ProductCall<Scalar>& call, const Chunk& chunk,
                                      Context& context) const {
    const auto seed = [&](Node end) {
        const Index span = plan().node(end).shape.span;
        const auto* slopes = context.template address<const Scalar>(call.schedule.tangent[at(end)]);
        const auto* adjoints = context.template address<const Scalar>(plan().root(end).adjoint);
        auto* seeds = context.template address<Scalar>(call.schedule.dotted[at(end)]);
        const bool is_loss = end == plan().loss();
        for (Index c = 0; c < chunk.samples * span; ++c) {
            seeds[c] = (is_loss ? weight(chunk.first_sample * span + c) : adjoints[c]) * slopes[c];
        }
    };
    if (plan().loss_ops().empty()) seed(plan().loss());
    for (const Node op : plan().loss_ops()) seed(op);
}

template <class Scalar>
void Executor<Scalar>::end_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                   int worker) {
    Context context = fixed_context(call.schedule, slot, worker);
    Sweep<Scalar>::run(call.schedule.epilogue, context);
    if (call.sums != nullptr) call.sums[tangent] += context.curvature;
    copy_block(call.out, call.schedule, tangent, context, true);
    if (call.out.is_theta()) {
        gather_theta(call.out.data + tangent * call.out.stride,
                     fixed_lane(slot) + plan().fixed_plane_bytes(), call.schedule.is_written);
    }
}

// One chunk of one tangent; returns its curvature. The chunk's cached planes are at hand.
template <class Scalar>
Wide<Scalar> Executor<Scalar>::run_chunk(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                         Index chunk, int worker, std::byte* partial_sums) {
    const Schedule<Scalar>& schedule = call.schedule;
    Context context =
        chunk_context(schedule, chunk, worker, keeps_ != Keep::nothing, keeps_ == Keep::all);
    context.base[static_cast<std::size_t>(Area::fixed_lane)] = fixed_lane(slot);
    context.base[static_cast<std::size_t>(Area::partial)] = partial_sums;
    if (context.is_first_chunk && !schedule.down.empty()) {
        poison(partial_sums, plan().frontier_bytes());
    }
    copy_block(call.in, schedule, tangent, context, false);
    Sweep<Scalar>::run(schedule.up, context);
    if (schedule.is_empirical) seed_empirical(call, chunks_[at(chunk)], context);
    Sweep<Scalar>::run(schedule.turn, context);
    Sweep<Scalar>::run(schedule.down, context);
    copy_block(call.out, schedule, tangent, context, false);
    return context.curvature;
}

// A worker owns the tangent: groups in order, each from zero, added as they are done.
template <class Scalar>
void Executor<Scalar>::run_owned(const ProductCall<Scalar>& call, Index tangent, int worker) {
    begin_tangent(call, tangent, worker, worker);
    auto* sum = reinterpret_cast<Scalar*>(fixed_lane(worker) + plan().fixed_plane_bytes());
    const auto size = static_cast<Index>(plan().frontier_bytes() / sizeof(Scalar));
    for (int g = 0; g < groups_; ++g) {
        auto* part = g == 0 ? sum : reinterpret_cast<Scalar*>(partial(worker));
        Wide<Scalar> curvature(0);
        for (Index c = group_chunks_[at(g)]; c < group_chunks_[at(g + 1)]; ++c) {
            curvature +=
                run_chunk(call, tangent, worker, c, worker, reinterpret_cast<std::byte*>(part));
        }
        if (call.sums != nullptr) call.sums[tangent] += curvature;
        if (g == 0 || call.schedule.down.empty()) continue;
        for (Index i = 0; i < size; ++i) sum[i] += part[i];
    }
    end_tangent(call, tangent, worker, worker);
}

// Fewer tangents than threads: groups run side by side, and are summed in their order.
template <class Scalar>
void Executor<Scalar>::run_shared(const ProductCall<Scalar>& call, Index begin, Index end,
                                  int threads) {
    const Index count = end - begin;
    parallel_for(threads, count,
                 [&](Index j, int worker) { begin_tangent(call, begin + j, j, worker); });
    sums_.assign(at(count * groups_), Wide<Scalar>(0));
    parallel_for(threads, count * groups_, [&](Index task, int worker) {
        const Index j = task / groups_, g = task % groups_;
        for (Index c = group_chunks_[at(g)]; c < group_chunks_[at(g + 1)]; ++c) {
            sums_[at(task)] += run_chunk(call, begin + j, j, c, worker, partial(task));
        }
    });
    finish_shared(call, begin, end, threads);
}

// Less memory: a group's chunks are computed again once for the whole block of tangents.
template <class Scalar>
void Executor<Scalar>::run_recomputing(const ProductCall<Scalar>& call, Index begin, Index end,
                                       int threads) {
    const Index count = end - begin;
    parallel_for(threads, count,
                 [&](Index j, int worker) { begin_tangent(call, begin + j, j, worker); });
    sums_.assign(at(count * groups_), Wide<Scalar>(0));
    parallel_for(threads, groups_, [&](Index g, int worker) {
        for (Index c = group_chunks_[at(g)]; c < group_chunks_[at(g + 1)]; ++c) {
            recompute(c, worker);
            for (Index j = 0; j < count; ++j) {
                sums_[at(j * groups_ + g)] +=
                    run_chunk(call, begin + j, j, c, worker, partial(j * groups_ + g));
            }
        }
    });
    finish_shared(call, begin, end, threads);
}

template <class Scalar>
void Executor<Scalar>::finish_shared(const ProductCall<Scalar>& call, Index begin, Index end,
                                     int threads) {
    for (Index j = 0; j < end - begin; ++j) {
        if (!call.schedule.down.empty()) {
            add_partials(j * groups_, fixed_lane(j) + plan().fixed_plane_bytes(), threads);
        }
        for (Index g = 0; call.sums != nullptr && g < groups_; ++g) {
            call.sums[begin + j] += sums_[at(j * groups_ + g)];
        }
    }
    parallel_for(threads, end - begin,
                 [&](Index j, int worker) { end_tangent(call, begin + j, j, worker); });
}

template <class Scalar>
void Executor<Scalar>::recompute(Index chunk, int worker) {
    if (keeps_ == Keep::all) return;
    if (keeps_ == Keep::nothing) {
        const Schedule<Scalar>& values = compiled_->all_values;
        Context context = chunk_context(values, chunk, worker, false, false);
        load_inputs(chunks_[at(chunk)], context);
        Sweep<Scalar>::run(values.up, context);
    }
    if (!plan().has_samples()) return;
    const Schedule<Scalar>& adjoints = compiled_->adjoints;
    Context context = chunk_context(adjoints, chunk, worker, keeps_ != Keep::nothing, false);
    seed_loss(adjoints.loss_adjoint, chunks_[at(chunk)], context);
    Sweep<Scalar>::run(adjoints.down, context);
}

template <class Scalar>
void Executor<Scalar>::product(const Schedule<Scalar>& schedule, Index tangents,
                               ProductBlock<const Scalar> in, ProductBlock<Scalar> out,
                               Wide<Scalar>* sums) {
    const ProductCall<Scalar> call{schedule, tangents, in, out, sums};
    if (plan().has_samples() && samples_ == 0) {
        if (sums != nullptr) std::fill_n(sums, tangents, Wide<Scalar>(0));
        if (out.data == nullptr) return;
        zero_columns(out.data, out.stride,
                     out.is_theta() ? plan().parameter_count() : plan().node(out.node).shape.rows,
                     tangents * out.columns);
        return;
    }
    const double flops =
        (schedule.flops_per_sample * static_cast<double>(samples_) + schedule.flops_fixed) *
        static_cast<double>(tangents);
    const int threads = team(flops);
    if (keeps_ == Keep::all) {
        const Index owned = tangents - tangents % threads;
        reserve(schedule.lane_bytes, threads_,
                std::max<Index>(threads_, (tangents - owned) * groups_));
        parallel_for(threads, owned,
                     [&](Index tangent, int worker) { run_owned(call, tangent, worker); });
        if (owned < tangents) run_shared(call, owned, tangents, threads);
        return;
    }
    const std::size_t per_tangent =
        plan().frontier_bytes() * at(groups_) + plan().fixed_lane_bytes() + 1;
    const Index block =
        std::clamp<Index>(static_cast<Index>(plan().options().memory_limit / 4 / per_tangent), 1,
                          std::max<Index>(tangents, 1));
    reserve(schedule.lane_bytes, std::max<Index>(threads_, block), block * groups_);
    for (Index begin = 0; begin < tangents; begin += block) {
        run_recomputing(call, begin, std::min(begin + block, tangents), threads);
    }
}

#define DUALTAPE_EXECUTOR_PRODUCTS(Scalar)                                                    \
    template void Executor<Scalar>::product(const Schedule<Scalar>&, Index,                   \
                                            ProductBlock<const Scalar>, ProductBlock<Scalar>, \
                                            Wide<Scalar>*);                                   \
    template void Executor<Scalar>::recompute(Index, int);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EXECUTOR_PRODUCTS)

}  // namespace dualtape
