#include "engine/kernels/activations.h"

#include <algorithm>
#include <cmath>

namespace dualtape::kernels {

namespace {

template <class Scalar>
bool is_positive(const Scalar& value) {
    if constexpr (is_complex<Scalar>) {
        return value.real() > 0;
    } else {
        return value > 0;
    }
}

// False for NaN, so that relu passes it on.
template <class Scalar>
bool is_nonpositive(const Scalar& value) {
    if constexpr (is_complex<Scalar>) {
        return value.real() <= 0;
    } else {
        return value <= 0;
    }
}

// x between -limit and limit. An activation that is linear to rounding outside takes its
// derivatives from there, where no power of x overflows. NaN passes.
template <class Scalar>
Scalar within(const Scalar& x, double limit) {
    if constexpr (is_complex<Scalar>) {
        return std::abs(x.real()) > limit ? Scalar(std::copysign(limit, x.real())) : x;
    } else {
        const auto bound = static_cast<Scalar>(limit);
        return x > bound ? bound : x < -bound ? -bound : x;
    }
}

// There the density of the normal distribution is 0, and 1 - tanh^2 of gelu_tanh as well.
constexpr double kGeluLimit = 40, kGeluTanhLimit = 12;

// Transcendentals are evaluated block by block into buffers on the stack.
constexpr Index kActivationBlock = 256;

}  // namespace

template <class Scalar>
void relu(Scalar* y, const Scalar* x, Index size) {
    for (Index i = 0; i < size; ++i) y[i] = is_nonpositive(x[i]) ? Scalar(0) : x[i];
}

template <class Scalar>
void where_positive(Scalar* out, const Scalar* y, const Scalar* u, Index size, bool adds) {
    if (adds) {
        for (Index i = 0; i < size; ++i) out[i] += is_positive(y[i]) ? u[i] : Scalar(0);
    } else {
        for (Index i = 0; i < size; ++i) out[i] = is_positive(y[i]) ? u[i] : Scalar(0);
    }
}

// f' = F + x q, f'' = q (2 - x^2); F the normal distribution function, q its density.
template <class Scalar>
void gelu(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
    Scalar cdf[kActivationBlock], density[kActivationBlock];
    for (Index begin = 0; begin < size; begin += kActivationBlock) {
        const Index count = std::min(kActivationBlock, size - begin);
        const Scalar* u = x + begin;
        normal_cdf_density(cdf, density, u, count);
        for (Index i = 0; i < count; ++i) y[begin + i] = u[i] * cdf[i];
        if (d1 == nullptr) continue;
        for (Index i = 0; i < count; ++i) d1[begin + i] = cdf[i] + u[i] * density[i];
        if (d2 == nullptr) continue;
        for (Index i = 0; i < count; ++i) {
            const Scalar w = within(u[i], kGeluLimit);
            d2[begin + i] = density[i] * (Scalar(2) - w * w);
        }
    }
}

// t = tanh(c (x + a x^3)), u = c (1 + 3 a x^2), r = 1 - t^2:
// f' = (1 + t)/2 + x r u/2,  f'' = r u + x r (6 a c x - 2 t u^2)/2.
template <class Scalar>
void gelu_tanh(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
    const Scalar c(0.79788456080286535588), a(0.044715), half(0.5);
    Scalar t[kActivationBlock], w[kActivationBlock];
    for (Index begin = 0; begin < size; begin += kActivationBlock) {
        const Index count = std::min(kActivationBlock, size - begin);
        const Scalar* z = x + begin;
        for (Index i = 0; i < count; ++i) w[i] = within(z[i], kGeluTanhLimit);
        for (Index i = 0; i < count; ++i) t[i] = c * (w[i] + a * w[i] * w[i] * w[i]);
        tanh(t, t, count);
        for (Index i = 0; i < count; ++i) y[begin + i] = half * z[i] * (Scalar(1) + t[i]);
        if (d1 == nullptr) continue;
        for (Index i = 0; i < count; ++i) {
            const Scalar u = c * (Scalar(1) + Scalar(3) * a * w[i] * w[i]);
            const Scalar r = Scalar(1) - t[i] * t[i];
            d1[begin + i] = half * (Scalar(1) + t[i]) + half * w[i] * r * u;
        }
        if (d2 == nullptr) continue;
        for (Index i = 0; i < count; ++i) {
            const Scalar u = c * (Scalar(1) + Scalar(3) * a * w[i] * w[i]);
            const Scalar r = Scalar(1) - t[i] * t[i];
            d2[begin + i] =
                r * u + half * w[i] * r * (Scalar(6) * a * c * w[i] - Scalar(2) * t[i] * u * u);
        }
    }
}

// s = sigmoid(x): f' = s (1 + x (1 - s)), f'' = s (1 - s)(2 + x (1 - 2 s)).
template <class Scalar>
void silu(Scalar* y, Scalar* d1, Scalar* d2, const Scalar* x, Index size) {
    const Scalar one(1), two(2);
    Scalar s[kActivationBlock];
    for (Index begin = 0; begin < size; begin += kActivationBlock) {
        const Index count = std::min(kActivationBlock, size - begin);
        const Scalar* z = x + begin;
        sigmoid(s, z, count);
        for (Index i = 0; i < count; ++i) y[begin + i] = z[i] * s[i];
        if (d1 == nullptr) continue;
        for (Index i = 0; i < count; ++i) {
            d1[begin + i] = s[i] * (one + z[i] * (one - s[i]));
        }
        if (d2 == nullptr) continue;
        for (Index i = 0; i < count; ++i) {
            d2[begin + i] = s[i] * (one - s[i]) * (two + z[i] * (one - two * s[i]));
        }
    }
}

#define DUALTAPE_ACTIVATIONS(Scalar)                                                          \
    template void relu<Scalar>(Scalar*, const Scalar*, Index);                                \
    template void where_positive<Scalar>(Scalar*, const Scalar*, const Scalar*, Index, bool); \
    template void gelu<Scalar>(Scalar*, Scalar*, Scalar*, const Scalar*, Index);              \
    template void gelu_tanh<Scalar>(Scalar*, Scalar*, Scalar*, const Scalar*, Index);         \
    template void silu<Scalar>(Scalar*, Scalar*, Scalar*, const Scalar*, Index);
DUALTAPE_FOR_EACH_SCALAR(DUALTAPE_ACTIVATIONS)

}  // namespace dualtape::kernels
