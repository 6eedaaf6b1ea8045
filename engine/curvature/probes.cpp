#include "engine/curvature/probes.h"

#include <cmath>

#include "engine/kernels/random.h"

namespace dualtape::curvature {

namespace {

// One bit of a word per entry.
template <class Scalar>
void fill_signs(kernels::Stream& stream, Scalar* v, Index size) {
    std::uint32_t word = 0;
    for (Index i = 0; i < size; ++i, word >>= 1) {
        if (i % 32 == 0) word = stream.bits32();
        v[i] = (word & 1U) != 0 ? Scalar(1) : Scalar(-1);
    }
}

}  // namespace

template <class Scalar>
void fill_probes(Probe kind, std::uint64_t seed, std::string_view purpose, Index first,
                 Out<Mat<Scalar>> v) {
    const Index p = v.rows();
    for (Index c = 0; c < v.cols(); ++c) {
        kernels::Stream stream(seed, purpose, static_cast<std::uint64_t>(first + c));
        if (kind == Probe::rademacher) {
            fill_signs(stream, v.col(c).data(), p);
            continue;
        }
        stream.fill_normal(v.col(c).data(), p);
        if (kind == Probe::sphere) {
            const double norm = v.col(c).template cast<double>().norm();
            v.col(c) *= static_cast<Scalar>(std::sqrt(static_cast<double>(p)) / norm);
        }
    }
}

template void fill_probes<float>(Probe, std::uint64_t, std::string_view, Index, Out<Mat<float>>);
template void fill_probes<double>(Probe, std::uint64_t, std::string_view, Index, Out<Mat<double>>);

}  // namespace dualtape::curvature
