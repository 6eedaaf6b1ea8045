#include "engine/core/executor.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace dualtape {

namespace {

// Below this many flops a team of threads costs more than it saves.
constexpr double kSerialFlops = 2e6;

// Groups of at least 32 samples, at most 8: a function of the batch alone. Both numbers are part
// of the bit contract.
int group_count(Index samples) { return static_cast<int>(std::clamp<Index>(samples / 32, 1, 8)); }

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

template <class Scalar>
void copy_columns(const Scalar* from, Index from_stride, Scalar* to, Index to_stride, Index rows,
                  Index columns) {
    for (Index c = 0; c < columns; ++c) {
        std::copy_n(from + c * from_stride, rows, to + c * to_stride);
    }
}

template <class Scalar>
void zero_columns(Scalar* to, Index stride, Index rows, Index columns) {
    for (Index c = 0; c < columns; ++c) std::fill_n(to + c * stride, rows, Scalar(0));
}

}  // namespace

template <class Scalar>
Compiled<Scalar>::Compiled(const Graph<Scalar>& graph, Var<Scalar> loss, Options options)
    : plan(std::make_shared<const Plan<Scalar>>(graph, loss, std::move(options))) {
    const Scheduler<Scalar> scheduler(*plan);
    value = scheduler.values(plan->loss(), 0);
    all_values = scheduler.values(-1, 2);
    gradient = scheduler.gradient(false);
    linearise = scheduler.gradient(true);
    adjoints = scheduler.adjoints();
    for (int product = 0; product <= static_cast<int>(Product::loss_slopes); ++product) {
        products.emplace_back();
        try {
            products.back() = scheduler.product(static_cast<Product>(product));
        } catch (const std::logic_error&) {
            // Not defined for this loss; Point says so when it is asked for.
        }
    }
}

template <class Scalar>
Executor<Scalar>::Executor(std::shared_ptr<const Compiled<Scalar>> compiled, int threads)
    : compiled_(std::move(compiled)), threads_(resolve_threads(threads)) {
    std::size_t widest_tap = 0;
    for (const auto& node : plan().nodes()) {
        if (node.is_tap) widest_tap = std::max(widest_tap, node.plane_bytes);
    }
    scratch_plane_bytes_ = widest_tap;
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

// ---------------------------------------------------------------- memory

template <class Scalar>
void Executor<Scalar>::reserve(std::size_t lane_bytes, Index fixed_lanes, Index partials) {
    lane_bytes_ = std::max(lane_bytes_, lane_bytes);
    worker_bytes_ = lane_bytes_ + 2 * scratch_plane_bytes_ + 2 * plan().chunk_bytes() +
                    plan().chunk_adjoint_bytes();
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

// Per worker: lane | two planes for edits | a chunk's values | its adjoints | a replay's values.
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
    context.scratch = reinterpret_cast<Scalar*>(worker_memory(worker) + lane_bytes_);
    context.scratch_plane = scratch_plane_bytes_ / sizeof(Scalar);
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

template <class Scalar>
int Executor<Scalar>::team(double flops) const {
    if (is_inside_parallel() || calls != nullptr) return 1;
    return flops < kSerialFlops && !uses_threads_always ? 1 : threads_;
}

// ---------------------------------------------------------------- values and gradients

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
    const Shape shape = plan().node(node).shape;
    return shape.span * (shape.is_fixed ? 1 : samples_);
}

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

// ---------------------------------------------------------------- products

template <class Scalar>
template <bool kIn>
void Executor<Scalar>::copy_block(const typename ProductCall<Scalar>::NodeBlock& block,
                                  const Schedule<Scalar>& schedule, Index tangent,
                                  const Context& context, bool is_fixed_phase) const {
    if (block.node < 0 || plan().node(block.node).shape.is_fixed != is_fixed_phase) return;
    const Shape shape = plan().node(block.node).shape;
    const bool is_tangent = block.plane == ProductCall<Scalar>::Plane::tangent;
    const Place place = (is_tangent ? schedule.tangent : schedule.dotted)[at(block.node)];
    const bool exists = place.area != Area::none &&
                        (is_tangent ? schedule.is_carried : schedule.is_written)[at(block.node)];
    const Index columns = shape.span * (is_fixed_phase ? 1 : context.samples);
    const Index offset =
        tangent * block.columns + (is_fixed_phase ? 0 : context.first_sample * shape.span);
    auto* plane = context.template address<Scalar>(place);
    if constexpr (kIn) {
        if (!exists) return;
        copy_columns(block.in + offset * block.stride, block.stride, plane, shape.rows, shape.rows,
                     columns);
    } else if (exists) {
        copy_columns<Scalar>(plane, shape.rows, block.out + offset * block.stride, block.stride,
                             shape.rows, columns);
    } else {
        zero_columns(block.out + offset * block.stride, block.stride, shape.rows, columns);
    }
}

template <class Scalar>
void Executor<Scalar>::begin_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                     int worker) {
    poison(fixed_lane(slot), plan().fixed_lane_bytes());
    Context context = fixed_context(*call.schedule, slot, worker);
    if (call.theta_in != nullptr) {
        const Scalar* column = call.theta_in + tangent * call.theta_in_stride;
        for (const ParameterSlice& slice : plan().parameters()) {
            std::copy_n(
                column + slice.offset, slice.size,
                reinterpret_cast<Scalar*>(fixed_lane(slot) + plan().node(slice.node).fixed_offset));
        }
    }
    if (call.in.in != nullptr) {
        copy_block<true>(call.in, *call.schedule, tangent, context, true);
    }
    Sweep<Scalar>::run(call.schedule->prologue, context);
    if (call.sums != nullptr) call.sums[tangent] = context.curvature;
}

// Empirical Fisher: the loss is seeded with w_c a_s, a_s = B sum_{c in s} w_c l_dot_c.
template <class Scalar>
void Executor<Scalar>::seed_empirical(const ProductCall<Scalar>& call, const Chunk& chunk,
                                      Context& context) const {
    const Index span = plan().node(plan().loss()).shape.span;
    const auto* slopes =
        context.template address<const Scalar>(call.schedule->tangent[at(plan().loss())]);
    auto* seed = context.template address<Scalar>(call.schedule->dotted[at(plan().loss())]);
    for (Index s = 0; s < chunk.samples; ++s) {
        Scalar slope(0);
        for (Index t = 0; t < span; ++t) {
            slope += weight((chunk.first_sample + s) * span + t) * slopes[s * span + t];
        }
        slope *= Scalar(static_cast<double>(samples_));
        for (Index t = 0; t < span; ++t) {
            seed[s * span + t] = weight((chunk.first_sample + s) * span + t) * slope;
        }
    }
}

template <class Scalar>
void Executor<Scalar>::end_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                   int worker) {
    Context context = fixed_context(*call.schedule, slot, worker);
    Sweep<Scalar>::run(call.schedule->epilogue, context);
    if (call.sums != nullptr) call.sums[tangent] += context.curvature;
    if (call.out.out != nullptr) {
        copy_block<false>(call.out, *call.schedule, tangent, context, true);
    }
    if (call.theta_out != nullptr) {
        gather_theta(call.theta_out + tangent * call.theta_out_stride,
                     fixed_lane(slot) + plan().fixed_plane_bytes(), call.schedule->is_written);
    }
}

// One chunk of one tangent; returns its curvature. The chunk's cached planes are at hand.
template <class Scalar>
Wide<Scalar> Executor<Scalar>::run_chunk(const ProductCall<Scalar>& call, Index tangent, Index slot,
                                         Index chunk, int worker, std::byte* partial_sums) {
    const Schedule<Scalar>& schedule = *call.schedule;
    Context context =
        chunk_context(schedule, chunk, worker, keeps_ != Keep::nothing, keeps_ == Keep::all);
    context.base[static_cast<std::size_t>(Area::fixed_lane)] = fixed_lane(slot);
    context.base[static_cast<std::size_t>(Area::partial)] = partial_sums;
    if (context.is_first_chunk && !schedule.down.empty()) {
        poison(partial_sums, plan().frontier_bytes());
    }
    if (call.in.in != nullptr) copy_block<true>(call.in, schedule, tangent, context, false);
    Sweep<Scalar>::run(schedule.up, context);
    if (call.is_empirical) seed_empirical(call, chunks_[at(chunk)], context);
    Sweep<Scalar>::run(schedule.turn, context);
    Sweep<Scalar>::run(schedule.down, context);
    if (call.out.out != nullptr) copy_block<false>(call.out, schedule, tangent, context, false);
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
        if (g == 0 || call.schedule->down.empty()) continue;
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
        if (!call.schedule->down.empty()) {
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
void Executor<Scalar>::product(const ProductCall<Scalar>& call) {
    const Schedule<Scalar>& schedule = *call.schedule;
    if (plan().has_samples() && samples_ == 0) {
        for (Index j = 0; j < call.tangents; ++j) {
            if (call.theta_out != nullptr) {
                std::fill_n(call.theta_out + j * call.theta_out_stride, plan().parameter_count(),
                            Scalar(0));
            }
            if (call.sums != nullptr) call.sums[j] = Wide<Scalar>(0);
        }
        if (call.out.out != nullptr) {
            zero_columns(call.out.out, call.out.stride, plan().node(call.out.node).shape.rows,
                         call.tangents * call.out.columns);
        }
        return;
    }
    const double flops =
        (schedule.flops_per_sample * static_cast<double>(samples_) + schedule.flops_fixed) *
        static_cast<double>(call.tangents);
    const int threads = team(flops);
    if (keeps_ == Keep::all) {
        const Index owned = call.tangents - call.tangents % threads;
        reserve(schedule.lane_bytes, threads_,
                std::max<Index>(threads_, (call.tangents - owned) * groups_));
        parallel_for(threads, owned,
                     [&](Index tangent, int worker) { run_owned(call, tangent, worker); });
        if (owned < call.tangents) run_shared(call, owned, call.tangents, threads);
        return;
    }
    const std::size_t per_tangent =
        plan().frontier_bytes() * at(groups_) + plan().fixed_lane_bytes() + 1;
    const Index block =
        std::clamp<Index>(static_cast<Index>(plan().options().memory_limit / 4 / per_tangent), 1,
                          std::max<Index>(call.tangents, 1));
    reserve(schedule.lane_bytes, std::max<Index>(threads_, block), block * groups_);
    for (Index begin = 0; begin < call.tangents; begin += block) {
        run_recomputing(call, begin, std::min(begin + block, call.tangents), threads);
    }
}

// ---------------------------------------------------------------- activations

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

#define DUALTAPE_EXECUTOR(Scalar)     \
    template struct Compiled<Scalar>; \
    template class Executor<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_EXECUTOR)

}  // namespace dualtape
