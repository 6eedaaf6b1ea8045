#include "experiments/pairs/pair_inputs.h"

namespace dualtape::pairs {

template <class Scalar>
void PairInputs<Scalar>::bind(Batch<Scalar>& batch) const {
    const auto set_tokens = [&](const char* slot, const std::vector<std::int32_t>& tokens) {
        batch.set(slot, tokens.data(), static_cast<Index>(tokens.size()));
    };
    set_tokens("labels", labels);
    if (pair.rows() > 0) {
        batch.set("pair", {pair.data(), pair.rows(), pair.cols()});
    } else if (one_hots.rows() > 0) {
        batch.set("one_hots", {one_hots.data(), one_hots.rows(), one_hots.cols()});
    } else {
        set_tokens("a", a);
        set_tokens("b", b);
    }
}

template <class Scalar>
PairInputs<Scalar> make_pair_inputs(const models::MlpSettings& settings,
                                    const std::vector<std::int32_t>& a,
                                    const std::vector<std::int32_t>& b,
                                    std::vector<std::int32_t> labels) {
    using models::MlpForm;
    using models::MlpInput;
    const bool is_one_hot = settings.input == MlpInput::one_hot;
    const auto count = static_cast<Index>(labels.size());
    const auto p = static_cast<std::int32_t>(settings.modulus);
    PairInputs<Scalar> inputs;
    inputs.labels = std::move(labels);
    if (settings.input == MlpInput::raw) {
        inputs.pair.resize(2, count);
        for (Index i = 0; i < count; ++i) {
            inputs.pair(0, i) = static_cast<Scalar>(a[static_cast<std::size_t>(i)]);
            inputs.pair(1, i) = static_cast<Scalar>(b[static_cast<std::size_t>(i)]);
        }
    } else if (is_one_hot && settings.form == MlpForm::plain) {
        inputs.one_hots.setZero(2 * settings.modulus, count);
        for (Index i = 0; i < count; ++i) {
            inputs.one_hots(a[static_cast<std::size_t>(i)], i) = Scalar(1);
            inputs.one_hots(p + b[static_cast<std::size_t>(i)], i) = Scalar(1);
        }
    } else {
        inputs.a = a;
        inputs.b = b;
        if (is_one_hot) {
            for (std::int32_t& token : inputs.b) token += p;
        }
    }
    return inputs;
}

#define DUALTAPE_INSTANTIATE(Scalar)                                  \
    template struct PairInputs<Scalar>;                               \
    template PairInputs<Scalar> make_pair_inputs(                     \
        const models::MlpSettings&, const std::vector<std::int32_t>&, \
        const std::vector<std::int32_t>&, std::vector<std::int32_t>);
DUALTAPE_INSTANTIATE(float)
DUALTAPE_INSTANTIATE(double)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::pairs
