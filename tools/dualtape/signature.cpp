#include "tools/dualtape/signature.h"

#include <bit>
#include <cstdio>

#include "engine/curvature/lanczos.h"
#include "engine/curvature/point_operator.h"
#include "engine/optim/adam.h"
#include "tools/dualtape/specimen.h"

namespace dualtape::tools {

std::string Signature::text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
    return digits;
}

Signature signature(int threads) {
    Specimen specimen("relu", threads);
    const Model<double>& model = specimen.net.model();
    const Batch<double> batch = specimen.net.batch(study::Part::train);
    optim::Adam<double> optimiser(model.size(), {.decoupled_decay = 0.1, .beta2 = 0.98});
    Vec<double> gradient(model.size());
    for (int step = 0; step < 200; ++step) {
        model.gradient(specimen.work, specimen.theta, batch, gradient);
        optimiser.step(specimen.theta, gradient, 0.01);
    }
    const Point<double> point = model.at(specimen.work, specimen.theta, batch);
    curvature::LanczosSettings<double> lanczos;
    lanczos.largest = 1;
    lanczos.smallest = 0;
    const auto found = curvature::lanczos<double>(curvature::PointOperator<double>(point), lanczos);

    Signature result{point.value(), point.gradient().norm(), found.largest[0].value};
    result.hash = 0xcbf29ce484222325;
    for (const double value : {result.loss, result.gradient_norm, result.lambda_max}) {
        for (int byte = 0; byte < 8; ++byte) {
            result.hash ^= std::bit_cast<std::uint64_t>(value) >> (8 * byte) & 0xff;
            result.hash *= 0x100000001b3;
        }
    }
    return result;
}

}  // namespace dualtape::tools
