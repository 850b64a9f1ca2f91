using System.Security.Cryptography;
using System.Text;
using Casemate.Images.Packages;

namespace Casemate.Images.Sbom;

/// <summary>Texts in the forms that SPDX and package URLs ask for.</summary>
internal static class SpdxText
{
    /// <summary>Sixteen hexadecimal digits that stand for a text.</summary>
    public static string Short(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    /// <summary>
    /// The verification code of a package: SPDX 2.3, 7.9. SHA-1 over the sorted SHA-1 of its files, as the specification wants it.
    /// </summary>
    public static string VerificationCode(IEnumerable<SpdxFile> files) =>
        Sha1(Encoding.ASCII.GetBytes(string.Concat(files.Select(file => file.Sha1).Order(StringComparer.Ordinal))));

    /// <summary>The package URL of a package. Source: purl-spec, types deb and apk.</summary>
    /// <param name="package">The package.</param>
    /// <param name="distribution">The distribution's <c>ID</c>; empty: its usual one.</param>
    public static string PackageUrl(PackageOrigin package, string distribution)
    {
        var (type, usual) = package.Database == "apk" ? ("apk", "alpine") : ("deb", "debian");
        var place = Uri.EscapeDataString(distribution.Length > 0 ? distribution : usual);
        var url = new StringBuilder($"pkg:{type}/{place}/{Uri.EscapeDataString(package.Name)}");
        if (package.Version.Length > 0)
        {
            url.Append('@').Append(Uri.EscapeDataString(package.Version).Replace("%3A", ":", StringComparison.Ordinal));
        }

        return package.Architecture.Length > 0 ? url.Append("?arch=").Append(Uri.EscapeDataString(package.Architecture)).ToString()
            : url.ToString();
    }

    // Not for security: the specification prescribes it, and SHA-256 stands beside it.
#pragma warning disable CA5350
    /// <summary>SHA-1.</summary>
    public static string Sha1(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));

    /// <summary>SHA-1 of a stream.</summary>
    public static async Task<string> Sha1Async(Stream stream, CancellationToken cancel) =>
        Convert.ToHexStringLower(await SHA1.HashDataAsync(stream, cancel).ConfigureAwait(false));
#pragma warning restore CA5350
}
