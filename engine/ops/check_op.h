#pragma once
// check_op: tries the four rules of one op against each other and against the complex step.
//
// Public, for ops of users too. An op that multiplies matrices needs the engine built with
// DUALTAPE_COMPLEX, as the project's tests do; others need nothing.
//
//     const OpReport report = check_op(MyOp{}, {{OpSlot::Kind::sample, 3, 1}});
//     if (!report.is_ok()) std::cerr << report.text();

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "engine/kernels/random.h"
#include "engine/ops/op_trial.h"

namespace dualtape {

// Worst error of every check over all subsets of active inputs; relative in the max norm.
struct OpReport {
    struct Check {
        std::string name;
        double tolerance = 0;
        double worst = 0;
        std::string where;
    };
    std::vector<Check> checks;

    bool is_ok() const {
        return std::all_of(checks.begin(), checks.end(),
                           [](const Check& c) { return c.worst <= c.tolerance; });
    }
    // The checks that failed, one per line.
    std::string text() const {
        std::ostringstream text;
        for (const Check& check : checks) {
            if (check.worst <= check.tolerance) continue;
            text << check.name << ": error " << check.worst << ", tolerance " << check.tolerance
                 << " (" << check.where << ")\n";
        }
        return text.str();
    }
    void add(const std::string& name, double error, double tolerance, const std::string& where) {
        auto found = std::find_if(checks.begin(), checks.end(),
                                  [&](const Check& c) { return c.name == name; });
        if (found == checks.end()) {
            found = checks.insert(found, Check{name, tolerance, 0, ""});
        }
        if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
        if (error <= found->worst) return;
        found->worst = error;
        found->where = where;
    }
};

// The value of an op from those of its inputs, in plain loops; tokens come as doubles.
using OpFormula = std::function<Mat<double>(const std::vector<Mat<double>>&)>;

// One op in the three scalars, with inputs to try it on.
struct OpUnderTest {
    std::shared_ptr<const Op<float>> single;
    std::shared_ptr<const Op<double>> real;
    std::shared_ptr<const Op<std::complex<double>>> complex;
    std::vector<OpSlot> inputs;
    OpFormula formula;  // may be empty
};

namespace check_op_details {

using Complex = std::complex<double>;
using Planes = std::vector<Mat<double>>;

inline constexpr double kStep = 1e-30;  // of the complex step: exact, its square vanishes
inline constexpr double kTolerance = 1e-13;

// max |a - b| / max |a|, |b|; infinite when NaN differs from a number.
inline double relative_error(const Mat<double>& a, const Mat<double>& b) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) return HUGE_VAL;
    double difference = 0, size = 0;
    for (Index i = 0; i < a.size(); ++i) {
        const double d = std::abs(a.data()[i] - b.data()[i]);
        if (!(d <= difference)) difference = std::isnan(d) ? HUGE_VAL : d;
        size = std::max({size, std::abs(a.data()[i]), std::abs(b.data()[i])});
    }
    return difference == 0 ? 0 : difference / size;
}
inline double relative_error(double a, double b, double size) {
    return a == b ? 0 : std::abs(a - b) / std::max(size, std::numeric_limits<double>::min());
}

// Sum of a * b, and of |a * b|.
inline std::pair<double, double> inner(const Planes& a, const Planes& b) {
    double sum = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].size() != b[i].size()) continue;  // an input without this plane
        for (Index j = 0; j < a[i].size(); ++j) {
            sum += a[i].data()[j] * b[i].data()[j];
            size += std::abs(a[i].data()[j] * b[i].data()[j]);
        }
    }
    return {sum, size};
}

inline Mat<Complex> complex_of(const Mat<double>& real, const Mat<double>& tangent) {
    Mat<Complex> z(real.rows(), real.cols());
    for (Index i = 0; i < z.size(); ++i) {
        z.data()[i] = {real.data()[i], tangent.size() == 0 ? 0 : kStep * tangent.data()[i]};
    }
    return z;
}
inline Mat<double> derivative(const Mat<Complex>& z) { return z.imag() / kStep; }

// Everything one subset of active variables is tried with.
class Trial {
  public:
    Trial(const OpUnderTest& op, std::vector<int> variable_of, Index samples, std::uint64_t seed)
        : op_(op), variable_of_(std::move(variable_of)), samples_(samples), seed_(seed) {
        for (std::size_t i = 0; i < op_.inputs.size(); ++i) {
            values_.push_back(variable_of_[i] == static_cast<int>(i) ? draw(op_.inputs[i], true)
                                                                     : Mat<double>());
        }
    }

    // Which variables can carry a tangent.
    ActiveMask differentiable() const {
        ActiveMask mask = 0;
        for (std::size_t i = 0; i < op_.inputs.size(); ++i) {
            const auto kind = op_.inputs[i].kind;
            const bool is_plain = kind == OpSlot::Kind::fixed || kind == OpSlot::Kind::sample;
            if (is_plain && variable_of_[i] == static_cast<int>(i)) mask |= ActiveMask{1} << i;
        }
        return mask;
    }

    void check_value(OpReport& report) {
        auto real = make<double>(op_.real.get());
        const Mat<double> y = real.value();
        if (op_.formula) {
            Planes inputs;
            for (const int variable : variable_of_) inputs.push_back(values_[at(variable)]);
            report.add("value = formula", relative_error(y, op_.formula(inputs)), 2e-14, where_);
        }
        auto single = make<float>(op_.single.get());
        report.add("value in float", relative_error(single.value().cast<double>(), y),
                   float_limit(), where_);
        report.add("value stays in its memory", real.is_intact() ? 0 : 1, 0, where_);
    }

    void check_rules(ActiveMask active, const std::string& where, OpReport& report) {
        where_ = where;
        const Planes v = tangents(active), w = tangents(active);
        auto real = make<double>(op_.real.get());
        const Mat<double> y = real.value();
        const Mat<double> u = draw({OpSlot::Kind::fixed, y.rows(), y.cols()}, false);

        // 1. push = complex step of value.
        auto stepped = make<Complex>(op_.complex.get(), v);
        const Mat<double> push = real.push(active, v);
        report.add("push = complex step of value",
                   relative_error(push, derivative(stepped.value())), kTolerance, where);
        // 2. <u, push v> = <pull u, v>.
        const Planes pull = real.pull(active, u);
        const auto [up, size] = inner({u}, {push});
        const auto [down, down_size] = inner(pull, v);
        report.add("pull is the transpose of push",
                   relative_error(up, down, std::max(size, down_size)), kTolerance, where);
        // 3. bend = complex step of pull at fixed y_bar.
        const auto stepped_pull = stepped.pull(active, complex_of(u, {}));
        const ActiveMask bends = op_.real->bends(active);
        const Planes bend = bends != 0 ? real.bend(bends, u, v) : Planes(v.size());
        for (std::size_t i = 0; i < v.size(); ++i) {
            if (v[i].size() == 0) continue;
            const Mat<double> reference = derivative(stepped_pull[i]);
            const Mat<double> none = Mat<double>::Zero(v[i].rows(), v[i].cols());
            report.add("bend = complex step of pull",
                       relative_error(bend[i].size() > 0 ? bend[i] : none, reference), kTolerance,
                       where + ", input " + std::to_string(i));
        }
        check_bend(real, active, bends, u, v, w, report);
        check_accumulation(real, active, bends, u, v, report);
        check_float(active, bends, u, v, push, pull, bend, report);
        report.add("rules stay in their memory", real.is_intact() ? 0 : 1, 0, where);
        check_prefix(active, bends, u, v, push, pull, bend, report);
    }

  private:
    // 4. symmetry; 5. curvature; also: nothing is left out of `bends`.
    void check_bend(OpTrial<double>& real, ActiveMask active, ActiveMask bends,
                    const Mat<double>& u, const Planes& v, const Planes& w, OpReport& report) {
        if (bends == 0) return;
        const double curvature = real.curvature(active, u, v);
        real.push(active, v);
        const Planes bend_v = real.bend(bends, u, v);
        const auto [form, form_size] = inner(bend_v, v);
        report.add("curvature = <x_dot, bend(x_dot)>", relative_error(curvature, form, form_size),
                   kTolerance, where_);
        const auto [left, left_size] = inner(bend_v, w);
        real.push(active, w);
        const auto [right, right_size] = inner(real.bend(bends, u, w), v);
        report.add("bend is symmetric",
                   relative_error(left, right, std::max(left_size, right_size)), kTolerance,
                   where_);
    }

    // 6. Adding to planes that hold numbers already.
    void check_accumulation(OpTrial<double>& real, ActiveMask active, ActiveMask bends,
                            const Mat<double>& u, const Planes& v, OpReport& report) {
        const Planes base = tangents(active);
        real.push(active, v);
        const auto compare = [&](const char* name, const Planes& fresh, const Planes& added) {
            for (std::size_t i = 0; i < fresh.size(); ++i) {
                if (fresh[i].size() == 0) continue;
                report.add(name, relative_error(added[i], base[i] + fresh[i]), kTolerance, where_);
            }
        };
        compare("pull adds", real.pull(active, u), real.pull(active, u, base));
        if (bends == 0) return;
        compare("bend adds", real.bend(bends, u, v), real.bend(bends, u, v, base));
    }

    // 7. float.
    void check_float(ActiveMask active, ActiveMask bends, const Mat<double>& u, const Planes& v,
                     const Mat<double>& push, const Planes& pull, const Planes& bend,
                     OpReport& report) {
        auto single = make<float>(op_.single.get());
        single.value();
        const auto v_single = single_of(v);
        const Mat<float> u_single = u.cast<float>();
        report.add("push in float",
                   relative_error(single.push(active, v_single).cast<double>(), push),
                   float_limit(), where_);
        const auto compare = [&](const char* name, const auto& in_float, const Planes& in_double) {
            for (std::size_t i = 0; i < in_double.size(); ++i) {
                if (in_double[i].size() == 0) continue;
                report.add(name, relative_error(in_float[i].template cast<double>(), in_double[i]),
                           float_limit(), where_);
            }
        };
        compare("pull in float", single.pull(active, u_single), pull);
        if (bends != 0) compare("bend in float", single.bend(bends, u_single, v_single), bend);
    }

    // 8. The first half of the samples, in memory for all of them. Only sample planes can be
    // compared: adjoints of fixed inputs sum over samples.
    void check_prefix(ActiveMask active, ActiveMask bends, const Mat<double>& u, const Planes& v,
                      const Mat<double>& push, const Planes& pull, const Planes& bend,
                      OpReport& report) {
        const Index fewer = samples_ / 2;
        if (fewer == 0) return;
        auto real = make<double>(op_.real.get());
        if (real.output().is_fixed) return;
        real.use_samples(fewer);
        const auto head = [&](const Mat<double>& m, Index span) -> Mat<double> {
            return m.leftCols(span * fewer);
        };
        Planes v_head = v;
        for (std::size_t i = 0; i < v.size(); ++i) {
            if (v[i].size() > 0 && !op_.inputs[i].is_fixed()) {
                v_head[i] = head(v[i], op_.inputs[i].span);
            }
        }
        const Index span = real.output().span;
        const Mat<double> u_head = head(u, span);
        real.value();
        report.add("push of a prefix", relative_error(real.push(active, v_head), head(push, span)),
                   kTolerance, where_);
        const auto compare = [&](const char* name, const Planes& part, const Planes& all) {
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (all[i].size() == 0 || op_.inputs[i].is_fixed()) continue;
                report.add(name, relative_error(part[i], head(all[i], op_.inputs[i].span)),
                           kTolerance, where_);
            }
        };
        compare("pull of a prefix", real.pull(active, u_head), pull);
        if (bends != 0) compare("bend of a prefix", real.bend(bends, u_head, v_head), bend);
        report.add("a prefix stays in its memory", real.is_intact() ? 0 : 1, 0, where_);
    }

    static std::size_t at(int i) { return static_cast<std::size_t>(i); }

    double uniform() { return kernels::uniform_at<double>(seed_, counter_++); }

    Mat<double> draw(const OpSlot& slot, bool in_domain) {
        Mat<double> x(slot.rows, slot.columns(samples_));
        const double low = in_domain ? slot.low : -1, high = in_domain ? slot.high : 1;
        for (Index i = 0; i < x.size(); ++i) {
            double& value = x.data()[i];
            if (slot.kind == OpSlot::Kind::tokens) {
                value = std::floor(uniform() * static_cast<double>(slot.limit));
                continue;
            }
            do {
                // Rounded to float, so that the trial in float starts from the same numbers.
                value = static_cast<double>(static_cast<float>(low + (high - low) * uniform()));
            } while (std::abs(value) < slot.gap);
        }
        return x;
    }

    Planes tangents(ActiveMask active) {
        Planes planes(op_.inputs.size());
        for (std::size_t i = 0; i < planes.size(); ++i) {
            if ((active >> i & 1U) != 0 && variable_of_[i] == static_cast<int>(i)) {
                planes[i] = draw(op_.inputs[i], false);
            }
        }
        return planes;
    }
    static std::vector<Mat<float>> single_of(const Planes& planes) {
        std::vector<Mat<float>> result;
        for (const auto& plane : planes) result.push_back(plane.cast<float>());
        return result;
    }

    template <class Scalar>
    OpTrial<Scalar> make(const Op<Scalar>* op, const Planes& step = {}) const {
        OpTrial<Scalar> trial(*op, op_.inputs, variable_of_, samples_);
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (variable_of_[i] != static_cast<int>(i)) continue;
            if constexpr (is_complex<Scalar>) {
                trial.set(static_cast<int>(i),
                          complex_of(values_[i], step.empty() ? Mat<double>() : step[i]));
            } else {
                trial.set(static_cast<int>(i), values_[i].template cast<Scalar>());
            }
        }
        return trial;
    }

    // A sum of n numbers loses up to n / 2 roundings, typically sqrt(n).
    double float_limit() const {
        Index terms = 1;
        for (const OpSlot& slot : op_.inputs) {
            terms = std::max(terms, slot.rows * slot.columns(samples_));
        }
        return 1e-5 * std::sqrt(static_cast<double>(terms));
    }

    const OpUnderTest& op_;
    std::vector<int> variable_of_;  // by input; smaller than the input when it is given twice
    Index samples_;
    std::uint64_t seed_, counter_ = 0;
    Planes values_;
    std::string where_ = "value";
};

}  // namespace check_op_details

// All checks on `samples` samples, for every subset of active inputs and for every pair of equal
// inputs given the same node: f(x, x).
inline OpReport check_op(const OpUnderTest& op, Index samples = 3, std::uint64_t seed = 1) {
    OpReport report;
    const auto count = static_cast<int>(op.inputs.size());
    std::vector<int> identity(op.inputs.size());
    for (int i = 0; i < count; ++i) identity[static_cast<std::size_t>(i)] = i;
    const auto run = [&](const std::vector<int>& variable_of, const std::string& label) {
        check_op_details::Trial trial(op, variable_of, samples, seed);
        trial.check_value(report);
        const ActiveMask all = trial.differentiable();
        for (ActiveMask variables = all; variables != 0; variables = (variables - 1) & all) {
            ActiveMask active = 0;
            for (int i = 0; i < count; ++i) {
                const int variable = variable_of[static_cast<std::size_t>(i)];
                if ((variables >> variable & 1U) != 0) active |= ActiveMask{1} << i;
            }
            trial.check_rules(active, label + "active mask " + std::to_string(active), report);
        }
    };
    run(identity, "");
    for (int i = 0; i < count; ++i) {
        for (int j = i + 1; j < count; ++j) {
            const OpSlot &a = op.inputs[static_cast<std::size_t>(i)],
                         &b = op.inputs[static_cast<std::size_t>(j)];
            if (a.kind != b.kind || a.rows != b.rows || a.span != b.span) continue;
            if (a.kind == OpSlot::Kind::tokens || a.kind == OpSlot::Kind::data) continue;
            std::vector<int> variable_of = identity;
            variable_of[static_cast<std::size_t>(j)] = i;
            run(variable_of,
                "inputs " + std::to_string(i) + " and " + std::to_string(j) + " the same node, ");
        }
    }
    return report;
}

// The same for a struct of rules, as Graph::add takes it.
template <class Rules>
OpReport check_op(Rules rules, std::vector<OpSlot> inputs, OpFormula formula = {},
                  Index samples = 3, std::uint64_t seed = 1) {
    return check_op(OpUnderTest{std::make_shared<OpAdapter<float, Rules>>(rules),
                                std::make_shared<OpAdapter<double, Rules>>(rules),
                                std::make_shared<OpAdapter<std::complex<double>, Rules>>(rules),
                                std::move(inputs), std::move(formula)},
                    samples, seed);
}

}  // namespace dualtape
