#pragma once
// Batch: pointers to the data of one call, a minibatch by index, and the weights of the loss.

#include <memory>
#include <string_view>
#include <vector>

#include "engine/core/plan.h"

namespace dualtape {

// Made by Model::batch(). Copies no data: what it points to must outlive the calls (and points)
// that use it.
template <class Scalar>
class Batch {
  public:
    explicit Batch(std::shared_ptr<const Plan<Scalar>> plan);

    // Columns of an input: rows x (per_sample * samples). Throws std::invalid_argument on an
    // unknown name, or sizes that do not fit.
    void set(std::string_view slot, Eigen::Map<const Mat<Scalar>> columns);
    // Tokens or labels: per_sample * samples of them.
    void set(std::string_view slot, const std::int32_t* tokens, Index count);
    // One weight per loss column of the data; null: 1 / columns of the (selected) batch. With
    // select, the weights of the selected samples are used.
    void weights(const Scalar* per_loss_column) { weights_ = per_loss_column; }
    // A minibatch: these samples in this order. Null: all of them.
    void select(const std::int32_t* samples, Index count);

    // Samples that the batch stands for, after select. Throws std::invalid_argument when a slot
    // was not set, slots disagree on the number of samples, or a selected sample does not exist.
    Index samples() const;

  private:
    template <class>
    friend class Executor;

    struct Slot {
        const void* data = nullptr;
        Index samples = -1;
    };
    // Data sample behind sample i of the batch.
    Index source(Index i) const { return selection_ == nullptr ? i : selection_[i]; }
    Index data_samples() const;
    // Tokens must be valid columns or labels; checked for the selected samples.
    void check_tokens() const;
    std::size_t slot_index(std::string_view name, bool is_tokens) const;

    std::shared_ptr<const Plan<Scalar>> plan_;
    std::vector<Slot> slots_;  // in the order of Plan::sources
    const Scalar* weights_ = nullptr;
    const std::int32_t* selection_ = nullptr;
    Index selected_ = 0;
};

DUALTAPE_COMPILED(Batch)

}  // namespace dualtape
