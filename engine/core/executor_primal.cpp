// Loss and gradient, and the caches of a point: one sweep up, one down.
#include "engine/core/executor.h"

#include <algorithm>

#include "engine/core/indexing.h"

namespace dualtape {

// Runs a primal schedule: values up and, with goes_down, adjoints down to theta. With keeps, the
// planes of products stay in the point's memory as far as its tier holds them.
template <class Scalar>
Wide<Scalar> Executor<Scalar>::forward(const Schedule<Scalar>& schedule, bool keeps,
                                       bool goes_down) {
    const bool keeps_values = keeps && keeps_ != Keep::nothing;
    const bool keeps_adjoints = keeps && keeps_ == Keep::all;
    reserve(schedule.lane_bytes, threads_, goes_down ? groups_ : 1);
    Context context = fixed_context(schedule, 0, 0);
    Sweep<Scalar>::run(schedule.prologue, context);
    Wide<Scalar> total(0);
    if (!plan().has_samples()) {
        total = fixed_loss(schedule, context);
        if (goes_down) *context.template address<Scalar>(schedule.loss_adjoint) = Scalar(1);
    } else if (samples_ == 0) {
        if (goes_down) {
            std::fill_n(reinterpret_cast<Scalar*>(fixed_adjoint_.data()),
                        plan().fixed_plane_bytes() / sizeof(Scalar), Scalar(0));
        }
        return total;
    }
    // A loss without data may stand beside named nodes that have some.
    if (samples_ > 0 && (plan().has_samples() || keeps)) {
        const int threads = team(schedule.flops_per_sample * static_cast<double>(samples_));
        sums_.assign(at(groups_), Wide<Scalar>(0));
        parallel_for(threads, groups_, [&](Index group, int worker) {
            for (Index c = group_chunks_[at(group)]; c < group_chunks_[at(group + 1)]; ++c) {
                const Chunk& chunk = chunks_[at(c)];
                Context local = chunk_context(schedule, c, worker, keeps_values, keeps_adjoints);
                local.base[static_cast<std::size_t>(Area::partial)] = partial(group);
                if (chunk.is_first && goes_down) poison(partial(group), plan().frontier_bytes());
                load_inputs(chunk, local);
                Sweep<Scalar>::run(schedule.up, local);
                if (!plan().has_samples()) continue;
                sums_[at(group)] += loss_sum(schedule, chunk, local);
                if (keeps) {
                    const Index span = plan().node(plan().loss()).shape.span;
                    const auto* wide =
                        local.template address<const Wide<Scalar>>(schedule.wide_loss);
                    const auto* plain =
                        local.template address<const Scalar>(schedule.value[at(plan().loss())]);
                    for (Index i = 0; i < chunk.samples * span; ++i) {
                        losses_[at(chunk.first_sample * span + i)] =
                            wide != nullptr ? Scalar(wide[i]) : plain[i];
                    }
                }
                if (!goes_down) continue;
                seed_loss(schedule.loss_adjoint, chunk, local);
                Sweep<Scalar>::run(schedule.down, local);
            }
        });
        for (const Wide<Scalar>& sum : sums_) total += sum;
        if (goes_down && plan().has_samples()) add_partials(0, fixed_adjoint_.data(), threads);
    }
    if (goes_down) Sweep<Scalar>::run(schedule.epilogue, context);
    return total;
}

// target = partial 0 + partial 1 + ... in this order, over the planes of the frontier.
template <class Scalar>
void Executor<Scalar>::add_partials(Index first_partial, std::byte* target, int threads) const {
    constexpr Index kSlice = 8192;
    const auto size = static_cast<Index>(plan().frontier_bytes() / sizeof(Scalar));
    parallel_for(threads, (size + kSlice - 1) / kSlice, [&](Index slice, int) {
        const Index begin = slice * kSlice, count = std::min(kSlice, size - begin);
        auto* sum = reinterpret_cast<Scalar*>(target) + begin;
        std::copy_n(reinterpret_cast<const Scalar*>(partial(first_partial)) + begin, count, sum);
        for (Index g = 1; g < groups_; ++g) {
            const auto* part = reinterpret_cast<const Scalar*>(partial(first_partial + g)) + begin;
            for (Index i = 0; i < count; ++i) sum[i] += part[i];
        }
    });
}

template <class Scalar>
void Executor<Scalar>::gather_theta(Scalar* out, const std::byte* planes,
                                    const std::vector<bool>& written) const {
    for (const ParameterSlice& slice : plan().parameters()) {
        if (slice.is_frozen || !written[at(slice.node)]) {
            std::fill_n(out + slice.offset, slice.size, Scalar(0));
        } else {
            std::copy_n(
                reinterpret_cast<const Scalar*>(planes + plan().node(slice.node).fixed_offset),
                slice.size, out + slice.offset);
        }
    }
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::value() {
    return forward(compiled_->value, false, false);
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::gradient(Scalar* out) {
    const Wide<Scalar> loss = forward(compiled_->gradient, false, true);
    gather_theta(out, fixed_adjoint_.data(), compiled_->gradient.is_written);
    return loss;
}

template <class Scalar>
Wide<Scalar> Executor<Scalar>::linearise(Scalar* gradient_out) {
    const std::size_t values = plan().chunk_bytes() * chunks_.size();
    const std::size_t adjoints = plan().chunk_adjoint_bytes() * chunks_.size();
    const std::size_t limit = plan().options().memory_limit;
    keeps_ = values + adjoints <= limit ? Keep::all
             : values <= limit          ? Keep::values
                                        : Keep::nothing;
    if (keeps_ != Keep::nothing) chunk_values_.reserve(values);
    if (keeps_ == Keep::all) chunk_adjoints_.reserve(adjoints);
    losses_.resize(at(columns(plan().loss())));
    const Wide<Scalar> loss = forward(compiled_->linearise, true, true);
    if (!plan().has_samples()) losses_[0] = Scalar(loss);
    gather_theta(gradient_out, fixed_adjoint_.data(), compiled_->linearise.is_written);
    return loss;
}

template <class Scalar>
Index Executor<Scalar>::columns(Node node) const {
    return plan().node(node).shape.columns(samples_);
}

#define DUALTAPE_EXECUTOR_PRIMAL(Scalar)                                        \
    template Wide<Scalar> Executor<Scalar>::value();                            \
    template Wide<Scalar> Executor<Scalar>::gradient(Scalar*);                  \
    template Wide<Scalar> Executor<Scalar>::linearise(Scalar*);                 \
    template Index Executor<Scalar>::columns(Node) const;                       \
    template void Executor<Scalar>::add_partials(Index, std::byte*, int) const; \
    template void Executor<Scalar>::gather_theta(Scalar*, const std::byte*,     \
                                                 const std::vector<bool>&) const;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EXECUTOR_PRIMAL)

}  // namespace dualtape
