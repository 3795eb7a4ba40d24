using CsCheck;
using Turnpike.ControlPlane.Kubernetes.Planning;

namespace Turnpike.ControlPlane.Tests.Kubernetes.Planning;

/// <summary>Whatever happens, in whatever order, and wherever the scaler is cut off.</summary>
public sealed class PlanPropertyTests
{
    private const int TurnsToConverge = 400;
    private const int Shown = 12;

    // What happens, and a number that it may use.
    private static readonly Gen<(int What, int Number)[]> Happenings = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 11]).Array[0, 60];

    [Fact]
    public void No_pod_with_a_call_is_first_in_line_when_the_number_falls_and_it_always_converges() => Happenings.Sample(happenings =>
    {
        PlanModel model = new(3);
        foreach ((int what, int number) in happenings)
        {
            Happen(model, what, number);
        }
        Converge(model);
    }, iter: 500);

    private static void Happen(PlanModel model, int what, int number)
    {
        ModelPod? pod = model.Pods.Count > 0 ? model.Pods[number % model.Pods.Count] : null;
        switch (what)
        {
            case 0 or 1:
                model.Turn(); // All of it.
                break;
            case 2:
                model.Turn(number % 3); // Cut off after no, one or two writes.
                break;
            case 3:
                model.Settle();
                break;
            case 4:
                model.Begin(number);
                break;
            case 5:
                pod?.Calls = 0;
                break;
            case 6:
                model.Lose(number);
                break;
            case 7:
                model.Replicas = number % 9; // By hand.
                break;
            case 8:
                pod?.IsBroken = number % 2 == 0;
                break;
            default:
                if (number % 2 == 0)
                {
                    pod?.Restart();
                }
                else
                {
                    pod?.IsCordoned = !pod.IsCordoned;
                }
                break;
        }
    }

    // Nothing more goes wrong, calls end where an edge drains, and time passes: then all is as the load wants it.
    private static void Converge(PlanModel model)
    {
        foreach (ModelPod pod in model.Pods)
        {
            (pod.IsBroken, pod.IsCordoned) = (false, false);
        }
        int still = 0;
        Queue<string> last = [];
        for (int i = 0; i < TurnsToConverge && still < 3; i++)
        {
            model.Settle();
            foreach (ModelPod pod in model.Pods.Where(pod => pod.View.Drain is not null))
            {
                pod.Calls = 0;
            }
            model.Pass(TimeSpan.FromSeconds(1));
            Step step = model.Turn();
            still = step is Wait && model.IsQuiet ? still + 1 : 0;
            last.Enqueue($"{step.GetType().Name}: {step.Why}");
            if (last.Count > Shown)
            {
                last.Dequeue();
            }
        }
        Assert.True(still == 3, $"It never rests; at the end:\n{string.Join('\n', last)}");
        Assert.InRange(model.Pods.Count, 1, 8);
        int needed = Math.Clamp((int)Math.Ceiling(model.Calls / (SimulatedEdge.Capacity * 0.5)), 1, 8);
        Assert.Equal(needed, model.Pods.Count);
    }
}
