#include "engine/core/batch.h"

#include <stdexcept>

namespace dualtape {

template <class Scalar>
Batch<Scalar>::Batch(std::shared_ptr<const Plan<Scalar>> plan)
    : plan_(std::move(plan)), slots_(plan_->sources().size()) {}

template <class Scalar>
std::size_t Batch<Scalar>::slot_index(std::string_view name, bool is_tokens) const {
    const Node id = plan_->find(name);
    for (std::size_t i = 0; i < plan_->sources().size(); ++i) {
        if (plan_->sources()[i] != id) continue;
        if (plan_->node(id).shape.is_tokens != is_tokens) {
            throw std::invalid_argument(
                "batch: " + std::string(name) +
                (is_tokens ? " takes scalars, not tokens" : " takes int32 tokens, not scalars"));
        }
        return i;
    }
    throw std::invalid_argument("batch: " + std::string(name) + " is not an input of the model");
}

template <class Scalar>
void Batch<Scalar>::set(std::string_view slot, Eigen::Map<const Mat<Scalar>> columns) {
    const std::size_t index = slot_index(slot, false);
    const Shape shape = plan_->node(plan_->sources()[index]).shape;
    if (columns.rows() != shape.rows || (shape.span > 0 && columns.cols() % shape.span != 0)) {
        throw std::invalid_argument(
            "batch: " + std::string(slot) + " is " + std::to_string(columns.rows()) + "x" +
            std::to_string(columns.cols()) + "; the model wants " + shape.text());
    }
    slots_[index] = {columns.data(), columns.cols() / std::max<Index>(shape.span, 1)};
}

template <class Scalar>
void Batch<Scalar>::set(std::string_view slot, const std::int32_t* tokens, Index count) {
    const std::size_t index = slot_index(slot, true);
    const Shape shape = plan_->node(plan_->sources()[index]).shape;
    if (count < 0 || count % std::max<Index>(shape.span, 1) != 0) {
        throw std::invalid_argument("batch: " + std::string(slot) + " has " +
                                    std::to_string(count) + " tokens; the model wants " +
                                    std::to_string(shape.span) + " per sample");
    }
    slots_[index] = {tokens, count / std::max<Index>(shape.span, 1)};
}

template <class Scalar>
void Batch<Scalar>::select(const std::int32_t* samples, Index count) {
    if (count < 0) throw std::invalid_argument("batch: a negative number of selected samples");
    selection_ = samples;
    selected_ = count;
}

template <class Scalar>
Index Batch<Scalar>::data_samples() const {
    Index samples = -1;
    const std::string* first = nullptr;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const auto& node = plan_->node(plan_->sources()[i]);
        if (!node.is_needed) continue;
        if (slots_[i].samples < 0) {
            throw std::invalid_argument("batch: " + node.name + " was not set");
        }
        if (samples >= 0 && slots_[i].samples != samples) {
            throw std::invalid_argument("batch: " + *first + " has " + std::to_string(samples) +
                                        " samples but " + node.name + " has " +
                                        std::to_string(slots_[i].samples));
        }
        samples = slots_[i].samples;
        first = &node.name;
    }
    return std::max<Index>(samples, 0);
}

template <class Scalar>
Index Batch<Scalar>::samples() const {
    const Index all = data_samples();
    if (selection_ == nullptr) return all;
    for (Index i = 0; i < selected_; ++i) {
        if (selection_[i] < 0 || selection_[i] >= all) {
            throw std::invalid_argument("batch: sample " + std::to_string(selection_[i]) +
                                        " was selected; there are " + std::to_string(all));
        }
    }
    return selected_;
}

template <class Scalar>
void Batch<Scalar>::check_tokens() const {
    const Index count = samples();
    for (std::size_t s = 0; s < slots_.size(); ++s) {
        const auto& node = plan_->node(plan_->sources()[s]);
        if (!node.shape.is_tokens || !node.is_needed) continue;
        const auto* tokens = static_cast<const std::int32_t*>(slots_[s].data);
        for (Index i = 0; i < count; ++i) {
            for (Index t = 0; t < node.shape.span; ++t) {
                const std::int32_t token = tokens[source(i) * node.shape.span + t];
                if (token >= 0 && token < node.token_limit) continue;
                throw std::invalid_argument("batch: " + node.name + " of sample " +
                                            std::to_string(source(i)) + " is " +
                                            std::to_string(token) + "; it must be in [0, " +
                                            std::to_string(node.token_limit) + ")");
            }
        }
    }
}

#define DUALTAPE_BATCH(Scalar) template class Batch<Scalar>;
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_BATCH)

}  // namespace dualtape
