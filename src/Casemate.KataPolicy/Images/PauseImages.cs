using System.Diagnostics.CodeAnalysis;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>
/// How well-known pause images start, so that a policy can be made without reaching their registry where the guest has its own pause
/// image and the host's is never run. Sources: kubernetes/kubernetes build/pause/Dockerfile (USER 65535:65535, ENTRYPOINT /pause);
/// kata-containers/kata-containers src/tools/genpolicy, "pause_container_id_policy", for the images of AKS under <c>oss/v2</c>, which
/// name no user.
/// </summary>
public static class PauseImages
{
    private const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_withUser =
    [
        "mcr.microsoft.com/oss/kubernetes/pause", "registry.k8s.io/pause", "k8s.gcr.io/pause", "registry.k8s.io/pause-amd64",
    ];

    private static readonly string[] s_withoutUser = ["mcr.microsoft.com/oss/v2/kubernetes/pause"];

    /// <summary>The start of an image whose build names the user 65535.</summary>
    public static ImageStart WithUser { get; } = new() { User = "65535:65535", Env = [Path], Entrypoint = ["/pause"], WorkingDir = "/" };

    /// <summary>The start of an image whose build names no user.</summary>
    public static ImageStart WithoutUser { get; } = WithUser with { User = "" };

    /// <summary>Finds a pause image by its repository; versions since 3.2 start alike.</summary>
    public static bool TryFind(string reference, [NotNullWhen(true)] out ImageStart? start)
    {
        start = null;
        if (ImageReference.TryParse(reference, out var parsed, out _))
        {
            var repository = $"{parsed.Registry}/{parsed.Repository}";
            start = s_withUser.Contains(repository) ? WithUser : s_withoutUser.Contains(repository) ? WithoutUser : null;
        }

        return start is not null;
    }
}
