using System.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>The annotations of a pod by which a policy reaches its guest.</summary>
public static class PolicyAnnotation
{
    /// <summary>Initdata: base64 of the gzip of the TOML document. Source: kata-containers, hypervisor annotations.</summary>
    public const string Initdata = "io.katacontainers.config.hypervisor.cc_init_data";

    /// <summary>The policy alone: base64 of the Rego text, as AKS's runtime reads it.</summary>
    public const string AgentPolicy = "io.katacontainers.config.agent.policy";

    /// <summary>Before a container's name: the image's tag as it was written before it was replaced by a digest.</summary>
    public const string ImageTagPrefix = "casemate.dev/image-tag.";

    /// <summary>Whether a policy's own annotation has this name.</summary>
    public static bool IsPolicy(string name) => name is Initdata or AgentPolicy;

    /// <summary>What an annotation counts towards <see cref="ManifestLimits.MaxAnnotationBytes"/>.</summary>
    public static int Size(string name, string value) => Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
}
