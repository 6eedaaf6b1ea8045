#include "tools/dualtape/examination.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/kernels/random.h"
#include "engine/optim/adam.h"
#include "tools/dualtape/specimen.h"

namespace dualtape::tools {

namespace {

using study::Part;

Mat<double> directions(Index rows, Index count) {
    Mat<double> v(rows, count);
    kernels::Stream(13, "directions", 0).fill_normal(v.data(), v.size());
    return v.colwise().normalized();
}

// log2 of the ratio of two remainders, for steps h and h / 2.
double order(double coarse, double fine) { return std::log2(std::abs(coarse / fine)); }

void examine(const std::string& activation, std::vector<Finding>& findings) {
    Specimen specimen(activation, 1);
    const Model<double>& model = specimen.net.model();
    const Batch<double> batch = specimen.net.batch(Part::train);
    const Mat<double> v = directions(model.size(), 2);
    Mat<double> hv(model.size(), 2), gv(model.size(), 2);
    const Point<double> point = model.at(specimen.work, specimen.theta, batch);
    point.hessian(v, hv);
    point.gauss_newton(v, gv);
    const Vec<double> quadratic = point.curvature(v),
                      gauss_newton = point.gauss_newton_curvature(v);
    const double loss = point.value(), slope = point.gradient().dot(v.col(0));

    // Remainders of the Taylor polynomials; theta moves by about |v| h = h.
    const auto remainder = [&](double h, bool has_curvature) {
        const Vec<double> moved = specimen.theta + h * v.col(0);
        const double value = model.value(specimen.work, moved, batch);
        return value - loss - h * slope - (has_curvature ? h * h * quadratic(0) / 2 : 0.0);
    };
    const auto central = [&](double h) {
        Vec<double> plus(model.size()), minus(model.size());
        model.gradient(specimen.work, specimen.theta + h * v.col(0), batch, plus);
        model.gradient(specimen.work, specimen.theta - h * v.col(0), batch, minus);
        return Vec<double>((plus - minus) / (2 * h));
    };
    const std::string of = " (" + activation + ")";
    findings.push_back({"order of the remainder with the gradient" + of,
                        order(remainder(0.02, false), remainder(0.01, false)), 1.8, 2.2});
    findings.push_back({"order of the remainder with the Hessian" + of,
                        order(remainder(0.02, true), remainder(0.01, true)), 2.8, 3.2});
    // Richardson's combination of two central differences has an error of h^4 and round-off / h.
    const Vec<double> differences = (4 * central(5e-4) - central(1e-3)) / 3;
    findings.push_back({"Hessian-vector product against central differences" + of,
                        (differences - hv.col(0)).norm() / hv.col(0).norm(), 0, 1e-8});
    const double size = hv.colwise().norm().maxCoeff();
    findings.push_back({"symmetry u'Hv = v'Hu" + of,
                        std::abs(v.col(0).dot(hv.col(1)) - v.col(1).dot(hv.col(0))) / size, 0,
                        1e-13});
    findings.push_back({"quadratic form v'Hv = v'(Hv)" + of,
                        std::abs(quadratic(0) - v.col(0).dot(hv.col(0))) / size, 0, 1e-13});
    findings.push_back({"Gauss-Newton v'Gv = v'(Gv)" + of,
                        std::abs(gauss_newton(0) - v.col(0).dot(gv.col(0))) / size, 0, 1e-13});
}

struct Results {
    Vec<double> gradient, theta;
    Mat<double> product;
};

Results compute(int threads) {
    Specimen specimen("relu", threads);
    const Model<double>& model = specimen.net.model();
    const Batch<double> batch = specimen.net.batch(Part::train);
    const Mat<double> v = directions(model.size(), 5);
    Results results{Vec<double>(model.size()), {}, Mat<double>(model.size(), 5)};
    const Point<double> point = model.at(specimen.work, specimen.theta, batch);
    point.hessian(v, results.product);
    optim::Adam<double> optimiser(model.size(), {});
    for (int step = 0; step < 20; ++step) {
        model.gradient(specimen.work, specimen.theta, batch, results.gradient);
        optimiser.step(specimen.theta, results.gradient, 0.01);
    }
    results.theta = specimen.theta;
    return results;
}

double differing(const double* a, const double* b, Index size) {
    double count = 0;
    for (Index i = 0; i < size; ++i)
        count += std::memcmp(a + i, b + i, sizeof(double)) == 0 ? 0 : 1;
    return count;
}

}  // namespace

std::vector<Finding> examine_derivatives() {
    std::vector<Finding> findings;
    for (const char* activation : {"tanh", "gelu"}) examine(activation, findings);
    return findings;
}

std::vector<Finding> examine_threads() {
    std::vector<Finding> findings;
    const Results one = compute(1);
    for (const int threads : {2, 3, 7}) {
        const Results many = compute(threads);
        const double count =
            differing(one.gradient.data(), many.gradient.data(), one.gradient.size()) +
            differing(one.product.data(), many.product.data(), one.product.size()) +
            differing(one.theta.data(), many.theta.data(), one.theta.size());
        findings.push_back({"numbers that differ on " + std::to_string(threads) +
                                " threads: gradient, Hessian block, training",
                            count, 0, 0});
    }
    return findings;
}

}  // namespace dualtape::tools
