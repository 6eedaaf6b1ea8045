#include "models/initialise.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "engine/kernels/random.h"

namespace dualtape::models {

template <class Scalar>
Vec<Scalar> initialise(const std::vector<ParameterInfo>& parameters, const InitSettings& settings,
                       std::uint64_t seed) {
    for (const auto& [name, sigma] :
         {std::pair("sigma", settings.sigma), std::pair("table_sigma", settings.table_sigma)}) {
        if (sigma >= 0 && std::isfinite(sigma)) continue;
        throw std::invalid_argument("initialise: " + std::string(name) + " = " +
                                    std::to_string(sigma) + " must be a number of 0 or more");
    }
    Index size = 0;
    for (const ParameterInfo& parameter : parameters) size += parameter.rows * parameter.cols;

    Vec<double> theta(size);
    kernels::Stream stream(seed, "init");
    Index offset = 0;
    for (const ParameterInfo& parameter : parameters) {
        if (parameter.fan_in < 1) {
            throw std::invalid_argument("initialise: " + parameter.name + " has fan_in " +
                                        std::to_string(parameter.fan_in) +
                                        "; a layer has at least one input");
        }
        const Index count = parameter.rows * parameter.cols;
        auto slice = theta.segment(offset, count);
        const bool is_normal = settings.rule == InitSettings::Rule::normal;
        if (is_normal || parameter.is_table) {
            stream.fill_normal(slice.data(), count);
            slice *= is_normal ? settings.sigma : settings.table_sigma;
        } else {
            const double bound = 1 / std::sqrt(static_cast<double>(parameter.fan_in));
            stream.fill_uniform(slice.data(), count);
            slice.array() = (2 * slice.array() - 1) * bound;
        }
        offset += count;
    }
    return theta.template cast<Scalar>();
}

InitSettings::Rule init_rule(const std::string& word) {
    if (word == "torch_default") return InitSettings::Rule::torch_default;
    if (word == "normal") return InitSettings::Rule::normal;
    throw std::invalid_argument("initialise: the rule \"" + word +
                                "\" is unknown; choose torch_default or normal");
}

std::vector<std::string> init_words() { return {"torch_default", "normal"}; }

#define DUALTAPE_INSTANTIATE(Scalar)                                           \
    template Vec<Scalar> initialise<Scalar>(const std::vector<ParameterInfo>&, \
                                            const InitSettings&, std::uint64_t);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_INSTANTIATE)
#undef DUALTAPE_INSTANTIATE

}  // namespace dualtape::models
