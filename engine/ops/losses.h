#pragma once
// Losses: one per column; the model takes their weighted mean. Their bend is the loss Hessian.
//
// A loss op saves its losses in Wide<Scalar> first (save part 0), where the model sums them.

#include "engine/kernels/random.h"
#include "engine/kernels/softmax.h"
#include "engine/ops/bases.h"

namespace dualtape::ops {

// y = -log softmax(z)[label]. z: n x C logits; labels: tokens, one per column; y: 1 x C, in nats.
// With p = softmax(z), l the label, and tangents shifted by u = z_dot - z_dot[l], which changes
// nothing (softmax is shift invariant) but keeps digits when p_l rounds to 1:
//   pull z_bar += y_bar (p - e_l), the entry at l being minus the sum of the other p
//   push y_dot = <p, u>;  bend z_bar_dot += y_bar p * (u - <p, u>)
// Saves: losses, p, the entry at the label.
struct CrossEntropy {
    static constexpr auto name = "cross_entropy";
    static constexpr bool needs_x = false, needs_y = false, is_loss = true;
    static bool is_data(int input) { return input == 1; }
    static Index token_limit(std::span<const Shape> in) { return in[0].rows; }

    Shape shape(std::span<const Shape> in) const {
        const std::string shapes = in[0].text() + " with labels " + in[1].text();
        if (!in[1].is_tokens) throw ShapeError{shapes, "labels must be tokens"};
        if (in[0].is_fixed || in[0].span != in[1].span) {
            throw ShapeError{shapes, "there must be one label for every column of logits"};
        }
        return {1, in[0].span, false, false};
    }
    template <class Scalar>
    std::vector<std::size_t> save_bytes(std::span<const Shape> in) const {
        return {sizeof(Wide<Scalar>), static_cast<std::size_t>(in[0].rows) * sizeof(Scalar),
                sizeof(Scalar)};
    }

    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        const auto z = frame.x(0);
        const std::int32_t* labels = frame.tokens(1);
        auto* losses = frame.template save<Wide<Scalar>>(0);
        auto* p = frame.template save<Scalar>(1);
        auto* residuals = frame.template save<Scalar>(2);
        auto y = frame.y();
        kernels::shifted_exp(p, z.data(), z.rows(), z.cols());
        for (Index c = 0; c < z.cols(); ++c) {
            Scalar* column = p + c * z.rows();
            const Index label = labels[c];
            Wide<Scalar> others(0);  // sum over j != label of exp(z_j - max)
            for (Index j = 0; j < label; ++j) others += Wide<Scalar>(column[j]);
            for (Index j = label + 1; j < z.rows(); ++j) others += Wide<Scalar>(column[j]);
            const Wide<Scalar> sum = others + Wide<Scalar>(column[label]);
            const Index largest = kernels::argmax(z.data() + c * z.rows(), z.rows());
            // If the label has the largest logit, log(1 + others) keeps all digits of small losses.
            losses[c] =
                z(label, c) == z(largest, c)
                    ? kernels::log1p(others)
                    : kernels::log(sum) + (Wide<Scalar>(z(largest, c)) - Wide<Scalar>(z(label, c)));
            y(0, c) = Scalar(losses[c]);
            residuals[c] = -Scalar(others / sum);
            const Scalar share(Wide<Scalar>(1) / sum);
            for (Index j = 0; j < z.rows(); ++j) column[j] *= share;
        }
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        const auto z_dot = frame.x_dot(0);
        const auto* p = frame.template save<Scalar>(1);
        auto y_dot = frame.y_dot();
        for (Index c = 0; c < z_dot.cols(); ++c) {
            y_dot(0, c) = mean_shifted(p + c * z_dot.rows(), z_dot, c, frame.tokens(1)[c]);
        }
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        const auto* p = frame.template save<Scalar>(1);
        const auto* residuals = frame.template save<Scalar>(2);
        const auto y_bar = frame.y_bar();
        const bool adds = !frame.is_first(0);
        auto z_bar = frame.x_bar(0);
        for (Index c = 0; c < z_bar.cols(); ++c) {
            const Index label = frame.tokens(1)[c];
            const Scalar* column = p + c * z_bar.rows();
            const Scalar before = adds ? z_bar(label, c) : Scalar(0);
            if (adds) {
                for (Index j = 0; j < z_bar.rows(); ++j) z_bar(j, c) += y_bar(0, c) * column[j];
            } else {
                for (Index j = 0; j < z_bar.rows(); ++j) z_bar(j, c) = y_bar(0, c) * column[j];
            }
            z_bar(label, c) = before + y_bar(0, c) * residuals[c];
        }
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        const auto* p = frame.template save<Scalar>(1);
        const auto y_bar = frame.y_bar();
        const auto z_dot = frame.x_dot(0);
        const bool adds = !frame.is_first(0);
        auto z_bar = frame.x_bar(0);
        for (Index c = 0; c < z_bar.cols(); ++c) {
            const Index label = frame.tokens(1)[c];
            const Scalar* column = p + c * z_bar.rows();
            const Scalar shift = z_dot(label, c);
            const Scalar mean = mean_shifted(column, z_dot, c, label);
            for (Index j = 0; j < z_bar.rows(); ++j) {
                const Scalar bent = y_bar(0, c) * column[j] * ((z_dot(j, c) - shift) - mean);
                z_bar(j, c) = adds ? z_bar(j, c) + bent : bent;
            }
        }
    }
    // y_bar sum_j p_j (u_j - <p, u>)^2
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto* p = frame.template save<Scalar>(1);
        const auto y_bar = frame.y_bar();
        const auto z_dot = frame.x_dot(0);
        Wide<Scalar> total(0);
        for (Index c = 0; c < z_dot.cols(); ++c) {
            const Index label = frame.tokens(1)[c];
            const Scalar* column = p + c * z_dot.rows();
            const Scalar shift = z_dot(label, c);
            const Scalar mean = mean_shifted(column, z_dot, c, label);
            Wide<Scalar> variance(0);
            for (Index j = 0; j < z_dot.rows(); ++j) {
                const Scalar u = (z_dot(j, c) - shift) - mean;
                variance += Wide<Scalar>(column[j] * u * u);
            }
            total += Wide<Scalar>(y_bar(0, c)) * variance;
        }
        return total;
    }
    // With a label s drawn from p and r = p - e_s: z_bar_dot += y_bar r <r, z_dot>.
    template <class Scalar>
    void sampled(Frame<Scalar>& frame) const noexcept {
        const auto* p = frame.template save<Scalar>(1);
        const auto y_bar = frame.y_bar();
        const auto z_dot = frame.x_dot(0);
        auto z_bar = frame.accumulator(0);
        for (Index c = 0; c < z_bar.cols(); ++c) {
            const Scalar* column = p + c * z_bar.rows();
            const auto counter = static_cast<std::uint64_t>(frame.first_column() + c);
            const double uniform = kernels::uniform_at<double>(frame.seed(), counter);
            Index label = 0;
            double below = std::real(column[0]);
            while (label + 1 < z_bar.rows() && below <= uniform) {
                ++label;
                below += static_cast<double>(std::real(column[label]));
            }
            Scalar others(0);  // 1 - p at the label, without cancellation
            for (Index j = 0; j < z_bar.rows(); ++j) others += j == label ? Scalar(0) : column[j];
            const Scalar slope = mean_shifted(column, z_dot, c, label);
            for (Index j = 0; j < z_bar.rows(); ++j) {
                z_bar(j, c) += y_bar(0, c) * slope * (j == label ? -others : column[j]);
            }
        }
    }

  private:
    // <p, z_dot - z_dot[label]>
    template <class Scalar>
    static Scalar mean_shifted(const Scalar* p, const ConstView<Scalar>& z_dot, Index c,
                               Index label) {
        using Column = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>>;
        return (Column(p, z_dot.rows()) * (z_dot.col(c).array() - z_dot(label, c))).sum();
    }
};

// y = s sum_i (x_i - t_i)^2 per column. x, t: n x C, t data; y: 1 x C. s = 1/n makes the mean over
// columns the mean over all elements; s = 1/2 is a Gaussian likelihood of unit variance.
//   pull 2 s (x - t) y_bar;  push 2 s <x - t, x_dot>;  bend 2 s x_dot y_bar
struct SquaredError {
    static constexpr auto name = "squared_error";
    static constexpr bool needs_x = true, needs_y = false, is_loss = true;
    static bool is_data(int input) { return input == 1; }
    double s = 1;

    Shape shape(std::span<const Shape> in) const {
        const std::string shapes = in[0].text() + " with targets " + in[1].text();
        if (in[1].is_tokens) throw ShapeError{shapes, "targets must be scalars"};
        if (in[0].is_fixed || in[0].rows != in[1].rows || in[0].span != in[1].span) {
            throw ShapeError{shapes, "shapes must agree"};
        }
        return {1, in[0].span, false, false};
    }
    template <class Scalar>
    std::vector<std::size_t> save_bytes(std::span<const Shape>) const {
        return {sizeof(Wide<Scalar>)};
    }
    template <class Scalar>
    void value(Frame<Scalar>& frame) const noexcept {
        const auto x = frame.x(0), target = frame.x(1);
        auto* losses = frame.template save<Wide<Scalar>>(0);
        auto y = frame.y();
        for (Index c = 0; c < x.cols(); ++c) {
            Wide<Scalar> sum(0);
            for (Index i = 0; i < x.rows(); ++i) {
                const Wide<Scalar> residual = Wide<Scalar>(x(i, c)) - Wide<Scalar>(target(i, c));
                sum += residual * residual;
            }
            losses[c] = Wide<Scalar>(s) * sum;
            y(0, c) = Scalar(losses[c]);
        }
    }
    template <class Scalar>
    void push(Frame<Scalar>& frame) const noexcept {
        const auto x = frame.x(0), target = frame.x(1), x_dot = frame.x_dot(0);
        auto y_dot = frame.y_dot();
        for (Index c = 0; c < x.cols(); ++c) {
            y_dot(0, c) = Scalar(2 * s) *
                          ((x.col(c).array() - target.col(c).array()) * x_dot.col(c).array()).sum();
        }
    }
    template <class Scalar>
    void pull(Frame<Scalar>& frame) const noexcept {
        const auto x = frame.x(0), target = frame.x(1);
        const auto y_bar = frame.y_bar();
        auto x_bar = frame.accumulator(0);
        for (Index c = 0; c < x.cols(); ++c) {
            x_bar.col(c) += Scalar(2 * s) * y_bar(0, c) * (x.col(c) - target.col(c));
        }
    }
    template <class Scalar>
    void bend(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = frame.x_dot(0);
        const auto y_bar = frame.y_bar();
        auto x_bar = frame.accumulator(0);
        for (Index c = 0; c < x_dot.cols(); ++c) {
            x_bar.col(c) += Scalar(2 * s) * y_bar(0, c) * x_dot.col(c);
        }
    }
    template <class Scalar>
    Wide<Scalar> curvature(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = frame.x_dot(0);
        const auto y_bar = frame.y_bar();
        Wide<Scalar> total(0);
        for (Index c = 0; c < x_dot.cols(); ++c) {
            total += Wide<Scalar>(Scalar(2 * s) * y_bar(0, c)) *
                     Wide<Scalar>((x_dot.col(c).array() * x_dot.col(c).array()).sum());
        }
        return total;
    }
    // The score of a target drawn from the Gaussian of variance 1/(2s): r = sqrt(2s) times a
    // standard normal vector.
    template <class Scalar>
    void sampled(Frame<Scalar>& frame) const noexcept {
        const auto x_dot = frame.x_dot(0);
        const auto y_bar = frame.y_bar();
        auto x_bar = frame.accumulator(0);
        const auto normal = [&](Index i, Index c) {
            const Index counter = (frame.first_column() + c) * x_dot.rows() + i;
            return Scalar(
                kernels::normal_at<double>(frame.seed(), static_cast<std::uint64_t>(counter)));
        };
        for (Index c = 0; c < x_dot.cols(); ++c) {
            Scalar slope(0);
            for (Index i = 0; i < x_dot.rows(); ++i) slope += normal(i, c) * x_dot(i, c);
            const Scalar factor = Scalar(2 * s) * y_bar(0, c) * slope;
            for (Index i = 0; i < x_dot.rows(); ++i) x_bar(i, c) += factor * normal(i, c);
        }
    }
};

}  // namespace dualtape::ops
