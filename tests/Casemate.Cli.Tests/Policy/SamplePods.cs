using Casemate.KataPolicy;

namespace Casemate.Cli.Tests.Policy;

/// <summary>Small pods of one container, and requests of recordings.</summary>
internal static class SamplePods
{
    public static PolicyData Data(string name) => new() { Containers = [Container("pause", ContainerRole.Pause), Container(name, ContainerRole.App)] };

    public static string Policy(string name) => AgentPolicyText.Write(Data(name));

    public static ContainerPolicy Container(string name, ContainerRole role) => new()
    {
        Name = name,
        Role = role,
        Oci = new OciPolicy
        {
            Process = new ProcessPolicy { Args = ["/" + name, "--serve"] },
            Annotations = new Dictionary<string, string>
            {
                ["io.kubernetes.cri.sandbox-name"] = "^web$",
                ["io.kubernetes.cri.sandbox-id"] = "^[a-z0-9]{64}$",
                ["io.kubernetes.cri.sandbox-namespace"] = "default",
            },
        },
    };

    public static string Line(AgentRequest request, bool? allowed) => $"{{\"kind\":\"{request.Kind}\",\"request\":{request.Input.ToJson()}"
        + $"{(allowed is null ? "" : $",\"allowed\":{(allowed.Value ? "true" : "false")}")}}}";
}
