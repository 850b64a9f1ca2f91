using System.Globalization;
using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>The version of an API server. Source: <c>/version</c>.</summary>
/// <param name="Major">Such as 1.</param>
/// <param name="Minor">Such as 36; the <c>+</c> that vendors put behind it is dropped.</param>
/// <param name="GitVersion">As the vendor writes it, such as <c>v1.36.2-gke.1</c>; printable ASCII.</param>
/// <param name="Platform">Such as <c>linux/amd64</c>; empty when not told.</param>
public sealed record KubeServerVersion(int Major, int Minor, string GitVersion, string Platform)
{
    /// <summary>Whether it is a version or a newer one.</summary>
    public bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    /// <inheritdoc/>
    public override string ToString() => GitVersion;

    internal static KubeServerVersion Read(JsonElement json)
    {
        var major = KubeObject.Text(json, "major");
        var minor = KubeObject.Text(json, "minor").TrimEnd('+');
        return int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? new KubeServerVersion(
                first, second, StatusAnswer.Clean(KubeObject.Text(json, "gitVersion")), StatusAnswer.Clean(KubeObject.Text(json, "platform")))
            : throw KubeObject.Malformed("the version has no numbers");
    }
}
