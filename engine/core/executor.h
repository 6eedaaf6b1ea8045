#pragma once
// Executor: the memory of one workspace, and the loops over groups, chunks and tangents. Its
// members are defined in executor.cpp (memory, theta, the batch), executor_primal.cpp (values,
// gradients), executor_products.cpp and executor_activations.cpp.

#include <memory>
#include <optional>
#include <vector>

#include "engine/core/batch.h"
#include "engine/core/compiled.h"
#include "engine/core/memory.h"
#include "engine/core/parallel.h"
#include "engine/core/sweep.h"

namespace dualtape {

inline constexpr Node kTheta = -1;  // instead of a node, where a product starts or ends

// What products read or write: columns of theta, P x tangents, or of a node, n x (columns
// tangents), where the blocks of the tangents lie side by side.
template <class Element>
struct ProductBlock {
    Element* data = nullptr;
    Index stride = 0;  // between columns
    Node node = kTheta;
    Index columns = 1;  // per tangent

    bool is_theta() const { return data != nullptr && node == kTheta; }
    bool is_node() const { return data != nullptr && node != kTheta; }
};

// One block of products; Executor::product makes it.
template <class Scalar>
struct ProductCall {
    const Schedule<Scalar>& schedule;
    Index tangents;
    ProductBlock<const Scalar> in;
    ProductBlock<Scalar> out;
    Wide<Scalar>* sums;
};

// Samples split into groups, by their number alone, and groups into chunks. The groups are the
// unit of parallel work and of the order of sums: part of the bit contract.
template <class Scalar>
class Executor {
  public:
    Executor(std::shared_ptr<const Compiled<Scalar>> compiled, int threads);

    int threads() const { return threads_; }
    std::size_t bytes() const;
    void set_edits(std::vector<Edit<Scalar>> edits) {
        edits_ = EditList<Scalar>(*compiled_->plan, std::move(edits));
    }

    // Checks and takes over theta and the batch, for the calls below.
    void bind(const Scalar* theta, Index size, const Batch<Scalar>& batch);
    Wide<Scalar> value();
    Wide<Scalar> gradient(Scalar* out);
    // Computes everything a point caches; returns the loss.
    Wide<Scalar> linearise(Scalar* gradient_out);
    void read(const Schedule<Scalar>& schedule, Node node, Scalar* out, Index stride);

    // After linearise. sums: null, or where curvatures go, one per tangent.
    void product(const Schedule<Scalar>& schedule, Index tangents, ProductBlock<const Scalar> in,
                 ProductBlock<Scalar> out, Wide<Scalar>* sums = nullptr);
    Wide<Scalar> replay(const EditList<Scalar>& edits, const Schedule<Scalar>& schedule, Node node,
                        Scalar* out, Index stride);
    void copy_plane(Node node, bool is_adjoint, Scalar* out, Index stride);
    void copy_losses(Scalar* out) const;
    // The first node, in order of computation, with values that are not finite; -1 if none.
    Node locate_nonfinite(Index& count);

    Keep keeps() const { return keeps_; }
    Index samples() const { return samples_; }
    Index data_samples() const { return batch_->data_samples(); }
    Index columns(Node node) const;
    const Compiled<Scalar>& compiled() const { return *compiled_; }
    std::vector<kernels::GemmCall>* calls = nullptr;  // records products of serial runs
    bool uses_threads_always = false;                 // also where a team costs more than it saves

  private:
    struct Chunk {
        Index first_sample;
        Index samples;
        int group;
        bool is_first;
    };
    using Context = SweepContext<Scalar>;

    const Plan<Scalar>& plan() const { return *compiled_->plan; }
    void split_samples();
    int team(double flops) const;
    void reserve(std::size_t lane_bytes, Index fixed_lanes, Index partials);
    Context fixed_context(const Schedule<Scalar>& schedule, Index slot, int worker) const;
    // The memory of a chunk: kept, or the worker's own copy.
    Context chunk_context(const Schedule<Scalar>& schedule, Index chunk, int worker,
                          bool keeps_values, bool keeps_adjoints) const;
    void load_inputs(const Chunk& chunk, Context& context) const;
    void edit_inputs(Context& context) const;
    void load_theta();
    void seed_loss(Place place, const Chunk& chunk, Context& context) const;
    Wide<Scalar> loss_sum(const Schedule<Scalar>& schedule, const Chunk& chunk,
                          const Context& context) const;
    Scalar weight(Index column) const;
    Wide<Scalar> forward(const Schedule<Scalar>& schedule, bool keeps, bool goes_down);
    void recompute(Index chunk, int worker);
    Wide<Scalar> fixed_loss(const Schedule<Scalar>& schedule, const Context& context) const;

    // One product of one tangent, in pieces; blocks of tangents, in three orders of work.
    void begin_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot, int worker);
    Wide<Scalar> run_chunk(const ProductCall<Scalar>& call, Index tangent, Index slot, Index chunk,
                           int worker, std::byte* partial_sums);
    void end_tangent(const ProductCall<Scalar>& call, Index tangent, Index slot, int worker);
    void run_owned(const ProductCall<Scalar>& call, Index tangent, int worker);
    void run_shared(const ProductCall<Scalar>& call, Index begin, Index end, int threads);
    void run_recomputing(const ProductCall<Scalar>& call, Index begin, Index end, int threads);
    void finish_shared(const ProductCall<Scalar>& call, Index begin, Index end, int threads);
    void add_partials(Index first_partial, std::byte* target, int threads) const;
    void seed_empirical(const ProductCall<Scalar>& call, const Chunk& chunk,
                        Context& context) const;
    template <class Element>
    void copy_block(const ProductBlock<Element>& block, const Schedule<Scalar>& schedule,
                    Index tangent, const Context& context, bool is_fixed_phase) const;
    void gather_theta(Scalar* out, const std::byte* planes, const std::vector<bool>& written) const;

    std::byte* worker_memory(int worker) const;
    std::byte* fixed_lane(Index slot) const;
    std::byte* partial(Index index) const;

    std::shared_ptr<const Compiled<Scalar>> compiled_;
    int threads_;
    EditList<Scalar> edits_;
    std::optional<Batch<Scalar>> batch_;
    const Scalar* theta_ = nullptr;
    Index samples_ = 0;
    int groups_ = 1;
    Keep keeps_ = Keep::all;
    std::vector<Chunk> chunks_;
    std::vector<Index> group_chunks_;  // chunks of group g: [group_chunks_[g], group_chunks_[g+1])
    std::vector<Wide<Scalar>> sums_;   // per group, or per (tangent, group)
    std::vector<Scalar> losses_;
    AlignedBuffer fixed_, fixed_adjoint_, chunk_values_, chunk_adjoints_;
    AlignedBuffer workers_, fixed_lanes_, partials_, replay_fixed_;
    std::size_t lane_bytes_ = 0, scratch_plane_bytes_ = 0, packing_bytes_ = 0, worker_bytes_ = 0;
};

}  // namespace dualtape
