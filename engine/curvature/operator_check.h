#pragma once
// A look at an operator before a solve: is it repeatable, symmetric, additive, finite, not zero?

#include <cstdint>

#include "engine/curvature/operator.h"

namespace dualtape::curvature {

// The first of these that went wrong, in this order.
enum class OperatorStatus { passed, nonfinite, zero, not_repeatable, asymmetric };
const char* text(OperatorStatus status);

struct OperatorCheck {
    OperatorStatus status = OperatorStatus::passed;
    bool is_repeatable = true;  // the same block twice has the same bits
    // |u'Av - v'Au| / (|u| |Av|); beyond 50 round-offs the operator counts as asymmetric.
    double asymmetry = 0;
    // |A(u + v) - Au - Av| / |Av|: the noise floor of a product, for
    // LanczosSettings::product_noise.
    double noise = 0;
    Index products = 0;
};

// Multiplies u, v and u + v by the operator, twice, with u and v normal vectors of the stream
// (seed, "operator check"). Trouble is a status; only the operator itself may throw.
// Cost: 6 products, 9 of a tiny or huge matrix (normalised_operator.h).
template <class Scalar>
OperatorCheck check_operator(const Operator<Scalar>& matrix, std::uint64_t seed);

}  // namespace dualtape::curvature
