using System.Text;
using Casemate.KataPolicy;
using Casemate.Rego;
using static Casemate.Fuzz.AttestationTargets;

namespace Casemate.Fuzz;

/// <summary>What policies of the Kata agent meet: requests of a hostile host, data that somebody edited, and texts that are no
/// policies.</summary>
public static class AgentPolicyTargets
{
    private static readonly PolicyData s_data = new()
    {
        Containers =
        [
            Container("pause", ContainerRole.Pause), Container("first", ContainerRole.Init), Container("web", ContainerRole.App) with
            {
                Storages = [new StoragePolicy { Driver = "ephemeral", Source = "tmpfs", Fstype = "tmpfs", MountPoint = "^/run/x$" }],
                ExecCommands = [["/bin/true"]],
            },
        ],
    };

    private static readonly AgentPolicy s_policy = AgentPolicy.TryCompile(AgentPolicyText.Write(s_data), out var policy, out _)
        ? policy
        : throw new InvalidOperationException("the policy of the targets does not compile");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("agent-request", Request,
        [
            .. HonestRequests.Of(s_data).Select(one =>
                Encoding.UTF8.GetBytes($"{{\"kind\":\"{one.Kind}\",\"request\":{one.Input.ToJson()},\"allowed\":true}}")),
        ]),
        new("policy-data", Data, [Encoding.UTF8.GetBytes(PolicyDataText.Write(s_data))]),
        new("agent-policy", Policy, [Encoding.UTF8.GetBytes(AgentPolicyText.Write(s_data))]),
    ];

    private static bool Request(ReadOnlySpan<byte> input)
    {
        if (!RecordedRequest.TryRead(input.ToArray(), out var recorded, out var error))
        {
            Require(error.Length > 0, "refused without a word", input);
            return false;
        }

        var decision = s_policy.Decide(RegoState.Initial, recorded.Request);
        Require(decision.Allowed == (decision.Message.Length == 0), "a denial without a word, or words without one", input);
        Require(decision.Message.Length < 8192, "a message without end", input);
        _ = s_policy.FindFault(RegoState.Initial, recorded.Request);
        return true;
    }

    private static bool Data(ReadOnlySpan<byte> input)
    {
        if (!PolicyDataText.TryRead(input.ToArray(), out var data, out var error))
        {
            Require(error.Length > 0, "refused without a word", input);
            return false;
        }

        var text = PolicyDataText.Write(data);
        Require(PolicyDataText.TryRead(Encoding.UTF8.GetBytes(text), out var again, out _), "its own JSON is refused", input);
        Require(PolicyDataText.Write(again!) == text, "its own JSON is other data", input);
        _ = PolicyExplanation.Lines(data, 40);
        Require(PolicyDiff.Compare(data, again!).Count == 0, "it differs from itself", input);
        return true;
    }

    private static bool Policy(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input);
        var check = PolicyCheck.Of(text);
        _ = PolicyPlace.LineOf(text, "web", "OCI.Process.Args");
        return check.Problems.Count == 0;
    }

    private static ContainerPolicy Container(string name, ContainerRole role) => new()
    {
        Name = name,
        Role = role,
        Oci = new OciPolicy
        {
            Process = new ProcessPolicy { Args = ["/" + name], Env = ["A=b", "IP=$(pod-ip)"] },
            Mounts = [new MountPolicy("/proc", "proc", "proc", ["ro"]), new MountPolicy("/x", "bind", "$(sfprefix)x$", ["rbind"])],
            Annotations = new Dictionary<string, string>
            {
                ["io.kubernetes.cri.sandbox-name"] = "^web$",
                ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                ["io.kubernetes.cri.sandbox-namespace"] = "default",
            },
        },
    };
}
