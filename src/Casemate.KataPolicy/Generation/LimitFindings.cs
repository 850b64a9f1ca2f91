using System.Text;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Generation;

/// <summary>Says before a deployment what an agent would stumble over: a policy that is longer, or has longer lines, than agents read.</summary>
internal static class LimitFindings
{
    public static IEnumerable<PolicyFinding> Of(Workload workload, string policy)
    {
        var lines = policy.Split('\n');
        var exceeded = PolicyLimits.Exceeded(Encoding.UTF8.GetByteCount(policy), lines.Length, lines.Max(line => line.Length)).ToList();
        if (exceeded.Count == 0)
        {
            yield break;
        }

        var culprit = Longest(workload, policy);
        foreach (var (ofAllAgents, problem) in exceeded)
        {
            var isLine = problem.StartsWith("characters", StringComparison.Ordinal);
            var message = $"the policy is too long for {(ofAllAgents ? "agents" : "older agents")}: {problem}"
                + (isLine && culprit is { } one ? $" (it holds {one.What}, a text of {one.Length} characters)" : "");
            var path = isLine && culprit is { } text ? text.Path : workload.Pod.Path;
            var remedy = isLine
                ? "Shorten that text, or put it into a file of the image; Kata 3.24 and later read longer lines"
                : "Split the pod, or use Kata 3.24 or later";
            yield return ofAllAgents ? PolicyFinding.Error(path, message, remedy) : PolicyFinding.Warning(path, message, remedy);
        }
    }

    // A line holds at least one whole text, so the longest text is what makes the longest line long.
    private static (string Path, string What, int Length)? Longest(Workload workload, string policy) =>
        !PolicyDataText.TryReadPolicy(policy, out var data, out _) ? null
        : data.Containers.SelectMany(container => Texts(workload, container)).OrderByDescending(text => text.Length)
            .Select(text => ((string, string, int)?)text).FirstOrDefault();

    private static IEnumerable<(string Path, string What, int Length)> Texts(Workload workload, ContainerPolicy container)
    {
        var spec = workload.Pod.AllContainers.FirstOrDefault(one => one.Name == container.Name);
        var (path, of) = (spec?.Path ?? workload.Pod.Path, $"of container '{ShownText.Of(container.Name)}'");
        foreach (var variable in container.Oci.Process.Env)
        {
            var name = variable.Split('=')[0];
            yield return (
                spec?.Env.LastOrDefault(one => one.Name == name)?.Path ?? path, $"the variable '{ShownText.Of(name)}' {of}", variable.Length);
        }

        foreach (var argument in container.Oci.Process.Args)
        {
            yield return (path, $"an argument {of}", argument.Length);
        }

        foreach (var word in container.ExecCommands.SelectMany(command => command))
        {
            yield return (path, $"a command of a probe or hook {of}", word.Length);
        }

        foreach (var (name, value) in container.Oci.Annotations)
        {
            yield return (workload.PodMetadataPath, $"the annotation '{ShownText.Of(name)}'", name.Length + value.Length);
        }
    }
}
