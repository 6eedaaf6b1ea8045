// Random graphs from the op table: values against formulas, gradients and Hessian products against
// the complex step, symmetry, and the bits of threads, tiers and blocks.

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/complex_step.h"
#include "tests/support/networks.h"
#include "tests/support/random_graph.h"

using namespace dualtape;
using namespace dualtape::testing;

namespace {

// Errors relative to the numbers compared, which may cancel: hence not below `size`.
bool is_near(const Mat<double>& a, const Mat<double>& b, double size, double& worst) {
    const double scale = std::max({a.cwiseAbs().maxCoeff(), b.cwiseAbs().maxCoeff(), size});
    const double error = (a - b).cwiseAbs().maxCoeff() / scale;
    worst = std::max(worst, error);
    return error < 1e-11;  // false for NaN
}

// Everything that can be wrong with one program, as text; empty if nothing is.
std::string check_program(const RandomProgram& program, double& worst) {
    std::string failures;
    const auto expect = [&](bool holds, const std::string& what) {
        if (!holds) failures += what + "\n";
    };
    if (program.loss < 0 || program.num_parameters() == 0) return "";
    ProgramSetup<double> real(program, program.options);
    ProgramSetup<Complex> complex(program, program.options);
    // Values, before edits.
    Mat<double> value(1, 1), formula(1, 1);
    value(0, 0) = real.model.value(real.work, real.theta, real.batch);
    formula(0, 0) = program.loss_value();
    expect(is_near(value, formula, 1e-3, worst), "value = formula");

    real.apply_edits(program);
    complex.apply_edits(program);
    const Index P = real.model.size();
    Mat<double> V = uniform_matrix(P, 3, 21);
    Mat<double> HV(P, 3), again(P, 3), single(P, 1);
    const Point<double> point = real.model.at(real.work, real.theta, real.batch);
    point.hessian(V, HV);
    const Vec<double> gradient = point.gradient();
    for (const ParameterSlice& slice : real.model.plan().parameters()) {
        if (slice.is_frozen) V.middleRows(slice.offset, slice.size).setZero();
    }
    // Intermediate numbers are of size one: what cancels leaves their rounding.
    const double size = 1e-3 * std::max(gradient.cwiseAbs().maxCoeff(), 1e-2);
    Vec<Complex> stepped(P);
    for (Index j = 0; j < 3; ++j) {
        for (Index i = 0; i < P; ++i) complex.theta[i] = {real.theta[i], kStep * V(i, j)};
        const Complex loss =
            complex.model.gradient(complex.work, complex.theta, complex.batch, stepped);
        Mat<double> slope(1, 1), exact(1, 1);
        slope(0, 0) = gradient.dot(V.col(j));
        exact(0, 0) = loss.imag() / kStep;
        expect(is_near(slope, exact, size, worst), "gradient = complex step");
        expect(is_near(HV.col(j), stepped.imag() / kStep, size, worst), "hessian = complex step");
    }
    const Mat<double> form = V.transpose() * HV;
    const double form_size = V.cwiseAbs().maxCoeff() * HV.cwiseAbs().sum() + size;
    expect(is_near(form, form.transpose(), form_size, worst), "u'Hv = v'Hu");
    expect(is_near(point.curvature(V), form.diagonal(), form_size, worst), "curvature = v'Hv");

    // Bits.
    V = uniform_matrix(P, 3, 21);
    point.hessian(V, again);
    expect(same_bits(again, HV), "called twice");
    point.hessian(V.col(1), single);
    expect(same_bits(single, HV.col(1)), "block = single");
    Options lean = program.options;
    lean.memory_limit = 0;
    for (const int threads : {1, 3}) {
        for (const Options& options : {program.options, lean}) {
            ProgramSetup<double> other(program, options, threads);
            other.work.use_threads_always(true);
            other.apply_edits(program);
            other.model.at(other.work, other.theta, other.batch).hessian(V, again);
            expect(same_bits(again, HV), std::to_string(threads) + " threads, memory limit " +
                                             std::to_string(options.memory_limit));
        }
    }
    return failures;
}

}  // namespace

TEST_CASE("five hundred random graphs have exact derivatives and the same bits in all orders") {
    const char* first = std::getenv("DUALTAPE_FUZZ_FIRST");
    const char* count = std::getenv("DUALTAPE_FUZZ_COUNT");
    const std::uint64_t begin = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
    const std::uint64_t end = begin + (count != nullptr ? std::strtoull(count, nullptr, 10) : 500);
    double worst = 0;
    std::size_t nodes = 0, edits = 0;
    for (std::uint64_t seed = begin; seed < end; ++seed) {
        Choices choices(seed);
        const RandomProgram program = RandomProgram::make(choices);
        nodes += program.nodes.size();
        edits += program.edits.size();
        const std::string failures = check_program(program, worst);
        CHECK_MESSAGE(failures.empty(), "seed ", seed, "\n", failures, program.text());
    }
    if (std::getenv("DUALTAPE_SHOW_ERRORS") != nullptr) {
        std::printf("%d graphs, %d nodes, %d edits, worst error %.1e\n",
                    static_cast<int>(end - begin), static_cast<int>(nodes), static_cast<int>(edits),
                    worst);
    }
}

TEST_CASE("programs from bytes are graphs, too") {
    double worst = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::vector<std::uint8_t> bytes;
        for (std::uint64_t i = 0; i < 40 * seed; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(256 * kernels::uniform_at<double>(seed, i)));
        }
        Choices choices(bytes);
        const RandomProgram program = RandomProgram::make(choices);
        const std::string failures = check_program(program, worst);
        CHECK_MESSAGE(failures.empty(), failures, program.text());
    }
}

TEST_CASE("a random graph prints as a program") {
    Choices choices(3);
    const std::string text = RandomProgram::make(choices).text();
    CHECK(text.find("const auto v0 = ") != std::string::npos);
    CHECK(text.find("return v") != std::string::npos);
}
