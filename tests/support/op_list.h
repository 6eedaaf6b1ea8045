#pragma once
// The table of ops: every builder with shapes and values it can be tried on. The tests of rules and
// the generator of random graphs read it.
//
// A new op needs one row here and is then tested against the complex step, against its formula in
// plain loops, in float, at odd sizes and inside random graphs.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "engine/ops/builders.h"
#include "engine/ops/check_op.h"

namespace dualtape::testing {

template <class Scalar>
struct OpRow {
    using Inputs = std::vector<Var<Scalar>>;
    std::string name;     // as the op declares it
    std::string variant;  // what tells apart the rows of one op
    std::vector<OpSlot> inputs;
    std::string arguments;  // of the builder, after the inputs
    std::function<Var<Scalar>(const Inputs&)> build;
    OpFormula formula;
};

// n rows, k for inner sizes and the like, T positions, p tokens. Rows that such sizes do not admit
// are left out.
struct OpSizes {
    Index n = 3, k = 4, T = 1, p = 5;
};

namespace op_formulas {

using Inputs = std::vector<Mat<double>>;

inline OpFormula elementwise(double (*f)(double)) {
    return [f](const Inputs& x) {
        Mat<double> y = x[0];
        for (Index i = 0; i < y.size(); ++i) y.data()[i] = f(y.data()[i]);
        return y;
    };
}

// op(A) op(B) + c, c empty or a column.
inline OpFormula product(bool transposes_a, bool transposes_b) {
    return [=](const Inputs& x) {
        const auto a = [&](Index i, Index j) { return transposes_a ? x[0](j, i) : x[0](i, j); };
        const auto b = [&](Index i, Index j) { return transposes_b ? x[1](j, i) : x[1](i, j); };
        const Index rows = transposes_a ? x[0].cols() : x[0].rows();
        const Index inner = transposes_a ? x[0].rows() : x[0].cols();
        Mat<double> y(rows, transposes_b ? x[1].rows() : x[1].cols());
        for (Index r = 0; r < y.rows(); ++r) {
            for (Index c = 0; c < y.cols(); ++c) {
                long double sum = x.size() > 2 ? x[2](r, 0) : 0;
                for (Index j = 0; j < inner; ++j) {
                    sum += static_cast<long double>(a(r, j)) * static_cast<long double>(b(j, c));
                }
                y(r, c) = static_cast<double>(sum);
            }
        }
        return y;
    };
}

// a + sign * b, the columns of b repeated.
inline OpFormula sum(double sign) {
    return [sign](const Inputs& x) {
        Mat<double> y = x[0];
        for (Index c = 0; c < y.cols(); ++c) {
            for (Index r = 0; r < y.rows(); ++r) y(r, c) += sign * x[1](r, c % x[1].cols());
        }
        return y;
    };
}

// Columns t, t + stride, ...; with count > 1 the mean over that many neighbours.
inline OpFormula columns(Index t, Index stride, Index count) {
    return [=](const Inputs& x) {
        Mat<double> y = Mat<double>::Zero(x[0].rows(), x[0].cols() / stride);
        for (Index c = 0; c < y.cols(); ++c) {
            for (Index i = 0; i < count; ++i) {
                for (Index r = 0; r < y.rows(); ++r) {
                    y(r, c) += x[0](r, c * stride + t + i) / static_cast<double>(count);
                }
            }
        }
        return y;
    };
}

inline OpFormula reshape(Index rows) {
    return [rows](const Inputs& x) -> Mat<double> {
        return Eigen::Map<const Mat<double>>(x[0].data(), rows, x[0].size() / rows);
    };
}

inline Mat<double> sum_squares(const Mat<double>& x, bool is_fixed) {
    Mat<double> y = Mat<double>::Zero(1, is_fixed ? 1 : x.cols());
    for (Index c = 0; c < x.cols(); ++c) {
        for (Index r = 0; r < x.rows(); ++r) y(0, is_fixed ? 0 : c) += x(r, c) * x(r, c);
    }
    return y;
}

inline Mat<double> softmax(const Mat<double>& x) {
    Mat<double> y(x.rows(), x.cols());
    for (Index c = 0; c < x.cols(); ++c) {
        long double sum = 0;
        for (Index r = 0; r < x.rows(); ++r) sum += std::exp(static_cast<long double>(x(r, c)));
        for (Index r = 0; r < x.rows(); ++r) {
            y(r, c) = static_cast<double>(std::exp(static_cast<long double>(x(r, c))) / sum);
        }
    }
    return y;
}

}  // namespace op_formulas

template <class Scalar>
std::vector<OpRow<Scalar>> op_list(const OpSizes& sizes) {
    using V = std::vector<Var<Scalar>>;
    using Inputs = op_formulas::Inputs;
    using Kind = OpSlot::Kind;
    const auto [n, k, T, p] = sizes;
    const auto fixed = [](Index rows, Index cols) { return OpSlot{Kind::fixed, rows, cols}; };
    const auto sample = [T = T](Index rows) { return OpSlot{Kind::sample, rows, T}; };
    const auto tokens = [T = T](Index limit) { return OpSlot{Kind::tokens, 1, T, 0, 0, 0, limit}; };
    const OpSlot data{Kind::data, n, T};
    const OpSlot unkinked{Kind::sample, n, T, -2, 2, 1e-3};
    std::vector<OpRow<Scalar>> rows;
    const auto row = [&](std::string name, std::string variant, std::vector<OpSlot> inputs,
                         std::string arguments, Var<Scalar> (*build)(const V&), OpFormula formula) {
        rows.push_back({std::move(name), std::move(variant), std::move(inputs),
                        std::move(arguments), build, std::move(formula)});
    };
    // The same with a builder that holds numbers.
    const auto row_with = [&](std::string name, std::string variant, std::vector<OpSlot> inputs,
                              std::string arguments, std::function<Var<Scalar>(const V&)> build,
                              OpFormula formula) {
        rows.push_back({std::move(name), std::move(variant), std::move(inputs),
                        std::move(arguments), std::move(build), std::move(formula)});
    };
    const auto activation = [&](std::string name, OpSlot slot, Var<Scalar> (*build)(Var<Scalar>),
                                double (*f)(double)) {
        rows.push_back({std::move(name),
                        slot.is_fixed() ? "fixed" : "",
                        {slot},
                        "",
                        [build](const V& in) { return build(in[0]); },
                        op_formulas::elementwise(f)});
    };

    // Products.
    row(
        "affine", "", {fixed(n, k), sample(k), fixed(n, 1)}, "",
        [](const V& in) { return affine(in[0], in[1], in[2]); },
        op_formulas::product(false, false));
    row(
        "affine", "fixed", {fixed(n, k), fixed(k, p), fixed(n, 1)}, "",
        [](const V& in) { return affine(in[0], in[1], in[2]); },
        op_formulas::product(false, false));
    row(
        "matmul", "", {fixed(n, k), sample(k)}, "",
        [](const V& in) { return matmul(in[0], in[1]); }, op_formulas::product(false, false));
    for (const bool a : {false, true}) {
        for (const bool b : {false, true}) {
            const std::string text = std::string(", Transpose::") + (a ? "yes" : "no") +
                                     ", Transpose::" + (b ? "yes" : "no");
            row_with(
                "matmul", std::string("fixed ") + (a ? "A'" : "A") + (b ? "B'" : "B"),
                {a ? fixed(k, n) : fixed(n, k), b ? fixed(p, k) : fixed(k, p)}, text,
                [a, b](const V& in) {
                    return matmul(in[0], in[1], a ? Transpose::yes : Transpose::no,
                                  b ? Transpose::yes : Transpose::no);
                },
                op_formulas::product(a, b));
        }
    }

    // Sums and elementwise products.
    const std::vector<std::pair<std::string, std::vector<OpSlot>>> pairs = {
        {"", {sample(n), sample(n)}},
        {"fixed", {fixed(n, k), fixed(n, k)}},
        {"column", {sample(n), fixed(n, 1)}},
        {"column per position", {sample(n), fixed(n, T)}},
        {"fixed column", {fixed(n, k), fixed(n, 1)}}};
    for (const auto& [variant, inputs] : pairs) {
        row(
            "add", variant, inputs, "", [](const V& in) { return add(in[0], in[1]); },
            op_formulas::sum(1));
        row(
            "sub", variant, inputs, "", [](const V& in) { return sub(in[0], in[1]); },
            op_formulas::sum(-1));
        if (inputs[0].is_fixed() != inputs[1].is_fixed() || inputs[0].span != inputs[1].span) {
            continue;
        }
        row(
            "mul", variant, inputs, "", [](const V& in) { return mul(in[0], in[1]); },
            [](const Inputs& x) {
                Mat<double> y = x[0];
                for (Index i = 0; i < y.size(); ++i) y.data()[i] *= x[1].data()[i];
                return y;
            });
    }
    row(
        "scale", "", {sample(n)}, ", -1.7", [](const V& in) { return scale(in[0], -1.7); },
        op_formulas::elementwise([](double x) { return -1.7 * x; }));
    row(
        "sum_squares", "", {sample(n)}, "", [](const V& in) { return sum_squares(in[0]); },
        [](const Inputs& x) { return op_formulas::sum_squares(x[0], false); });
    row(
        "sum_squares", "fixed", {fixed(n, k)}, "", [](const V& in) { return sum_squares(in[0]); },
        [](const Inputs& x) { return op_formulas::sum_squares(x[0], true); });

    // Layout.
    if (p > 0) {
        row(
            "gather", "", {fixed(n, p), tokens(p)}, "",
            [](const V& in) { return gather(in[0], in[1]); },
            [](const Inputs& x) {
                Mat<double> y(x[0].rows(), x[1].cols());
                for (Index c = 0; c < y.cols(); ++c)
                    y.col(c) = x[0].col(static_cast<Index>(x[1](0, c)));
                return y;
            });
    }
    const OpFormula above = [](const Inputs& x) {
        Index height = 0;
        for (const auto& part : x) height += part.rows();
        Mat<double> y(height, x[0].cols());
        if (y.size() == 0) return y;  // blocks of nothing would start beyond a null pointer
        height = 0;
        for (const auto& part : x) {
            y.middleRows(height, part.rows()) = part;
            height += part.rows();
        }
        return y;
    };
    row(
        "concat_rows", "", {sample(n), sample(k), sample(n)}, "",
        [](const V& in) { return concat_rows(in); }, above);
    row(
        "concat_rows", "fixed", {fixed(n, p), fixed(k, p)}, "",
        [](const V& in) { return concat_rows(in); }, above);
    const Index begin = n / 3, count = n - n / 3 - n / 4;
    for (const OpSlot& slot : {sample(n), fixed(n, k)}) {
        row_with(
            "slice_rows", slot.is_fixed() ? "fixed" : "", {slot},
            ", " + std::to_string(begin) + ", " + std::to_string(count),
            [=](const V& in) { return slice_rows(in[0], begin, count); },
            [=](const Inputs& x) -> Mat<double> {
                if (x[0].size() == 0) return Mat<double>(count, x[0].cols());
                return x[0].middleRows(begin, count);
            });
    }
    for (const OpSlot& slot : {sample(n), fixed(n, T)}) {
        const std::string domain = slot.is_fixed() ? "fixed" : "sample";
        for (const Index t : {Index{0}, T - 1}) {
            if (t < 0) continue;
            row_with(
                "position", domain + (t == 0 ? " first" : " last"), {slot},
                ", " + std::to_string(t), [=](const V& in) { return position(in[0], t); },
                op_formulas::columns(t, T, 1));
        }
        if (T < 1) continue;
        row(
            "mean_positions", domain, {slot}, "", [](const V& in) { return mean_positions(in[0]); },
            op_formulas::columns(0, T, T));
        for (const Index height : {n * T, Index{1}}) {
            if (height < 1) continue;
            row_with(
                "reshape", domain + (height == 1 ? " to a row" : " to a column"), {slot},
                ", " + std::to_string(height), [=](const V& in) { return reshape(in[0], height); },
                op_formulas::reshape(height));
        }
    }

    // Activations and softmax.
    for (const OpSlot& slot : {sample(n), fixed(n, k)}) {
        activation("tanh", slot, tanh<Scalar>, [](double x) { return std::tanh(x); });
        activation("gelu", slot, gelu<Scalar>,
                   [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); });
        row(
            "softmax", slot.is_fixed() ? "fixed" : "", {slot}, "",
            [](const V& in) { return softmax(in[0]); },
            [](const Inputs& x) { return op_formulas::softmax(x[0]); });
    }
    activation("relu", unkinked, relu<Scalar>, [](double x) { return x > 0 ? x : 0; });
    activation("gelu_tanh", sample(n), gelu_tanh<Scalar>, [](double x) {
        const double u = std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
        return 0.5 * x * (1 + std::tanh(u));
    });
    activation("silu", sample(n), silu<Scalar>, [](double x) { return x / (1 + std::exp(-x)); });
    activation("sigmoid", sample(n), sigmoid<Scalar>,
               [](double x) { return 1 / (1 + std::exp(-x)); });
    activation("exp", sample(n), exp<Scalar>, [](double x) { return std::exp(x); });
    activation("square", sample(n), square<Scalar>, [](double x) { return x * x; });

    // Losses.
    if (n > 0) {
        row(
            "cross_entropy", "", {sample(n), tokens(n)}, "",
            [](const V& in) { return cross_entropy(in[0], in[1]); },
            [](const Inputs& x) {
                const Mat<double> q = op_formulas::softmax(x[0]);
                Mat<double> y(1, q.cols());
                for (Index c = 0; c < q.cols(); ++c) {
                    y(0, c) = -std::log(q(static_cast<Index>(x[1](0, c)), c));
                }
                return y;
            });
    }
    for (const bool is_default : {true, false}) {
        const double s = is_default ? 1.0 / static_cast<double>(std::max<Index>(n, 1)) : 0.5;
        row_with(
            "squared_error", is_default ? "" : "s = 1/2", {sample(n), data},
            is_default ? "" : ", 0.5",
            [=](const V& in) {
                return is_default ? squared_error(in[0], in[1]) : squared_error(in[0], in[1], s);
            },
            [s](const Inputs& x) {
                Mat<double> y = Mat<double>::Zero(1, x[0].cols());
                for (Index c = 0; c < y.cols(); ++c) {
                    for (Index r = 0; r < x[0].rows(); ++r) {
                        const double residual = x[0](r, c) - x[1](r, c);
                        y(0, c) += s * residual * residual;
                    }
                }
                return y;
            });
    }
    return rows;
}

}  // namespace dualtape::testing
