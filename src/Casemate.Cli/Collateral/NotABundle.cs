using Casemate.Collateral;
using Casemate.Collateral.Bundle;

namespace Casemate.Cli.Collateral;

/// <summary>What was named where a bundle of collateral belongs and is none, and what to do with it instead.</summary>
/// <param name="What">Such as <c>a directory</c>.</param>
/// <param name="Remedy">What to do.</param>
/// <param name="IsJson">Whether it may be JSON that is meant for a PCCS, so that it is worth saying what is wrong with it as such.</param>
internal sealed record NotABundle(string What, string Remedy, bool IsJson = false)
{
    private const int MaximumRead = 4 * 1024 * 1024;

    // In every directory of a store, whatever it holds.
    private const string StoreFolder = "root-ca-crl";

    private const string Make = "A bundle is the file that casemate collateral export writes.";

    /// <summary>Makes sure that a path leads to what begins like a bundle.</summary>
    /// <exception cref="CliException">It does not (exit code 3); the message says what it leads to.</exception>
    public static void Refuse(string path)
    {
        if (Of(path) is { } other)
        {
            throw CliException.BadInput($"{path} is no bundle of collateral but {other.What}", other.Remedy);
        }
    }

    /// <summary>Looks at a path by its content, never by its name.</summary>
    /// <returns>What it is; null when it begins like a bundle.</returns>
    /// <exception cref="CliException">There is nothing, or it cannot be read (exit code 3).</exception>
    public static NotABundle? Of(string path)
    {
        if (Directory.Exists(path))
        {
            return OfDirectory(path);
        }

        if (path.Length == 0 || !File.Exists(path))
        {
            throw CliException.BadInput($"'{path}': no such file", Make);
        }

        return CollateralBundle.IsBundleFile(path) ? null : OfContent(path, Read(path));
    }

    /// <summary>Whether a directory is Trustee's; one that casemate keeps has such a folder as well.</summary>
    public static bool IsTrusteeStore(string path) =>
        TrusteeVcekStore.IsStore(path) && !Directory.Exists(Path.Combine(path, StoreFolder));

    private static NotABundle OfDirectory(string path) =>
        Directory.Exists(Path.Combine(path, StoreFolder)) ? new(
            "a directory in which collateral is kept", $"Name it with --dir {path}; casemate collateral export makes a bundle of it.")
        : IsTrusteeStore(path) ? new(
            "a directory, that of a Trustee store (vcek/)", $"Take its certificates: casemate collateral import {path}.")
        : new("a directory", Make + " A directory that casemate collateral fetch keeps is named with --dir DIR.");

    private static NotABundle OfContent(string path, ReadOnlySpan<byte> content)
    {
        const int tarMagic = 257;
        if (content.IsEmpty)
        {
            return new("an empty file, or a pipe or device", Make);
        }

        if (content.Length > tarMagic + 5 && content[tarMagic..].StartsWith("ustar"u8))
        {
            return new(
                "another tar archive",
                "A bundle begins with manifest.json. Carry it as it was written: an archive that was packed anew is another one.");
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
        {
            return new("compressed (gzip)", "Unpack it first: gunzip.");
        }

        // Quotes carry certificates in PEM.
        if (OfEvidence(path, content) is { } evidence)
        {
            return evidence;
        }

        const int preface = 4096;
        if (content[..Math.Min(content.Length, preface)].IndexOf("-----BEGIN "u8) is >= 0 and var begin)
        {
            return OfPem(content[(begin + 11)..]);
        }

        return OfCollateral(path, content)
            ?? (content.TrimStart(" \t\r\n"u8) is var text && (text.StartsWith("{"u8) || text.StartsWith("["u8))
                ? new("JSON of another kind", Make, IsJson: true)
                : content.ContainsAnyInRange((byte)0, (byte)8) ? new("a binary file of another kind", Make) : new("a text", Make));
    }

    private static NotABundle OfPem(ReadOnlySpan<byte> label) =>
        label.StartsWith("PUBLIC KEY"u8) ? new("a public key (PEM)", "Name it with --bundle-key, and the bundle beside it.")
        : label.StartsWith("PRIVATE KEY"u8) || label.StartsWith("EC PRIVATE KEY"u8) ? new(
            "a private key (PEM)", "Whoever has the key that signs bundles decides what they hold: keep it where bundles are made.")
        : label.StartsWith("CERTIFICATE"u8) ? new(
            "certificates (PEM)", "Roots are named with --root; a VCEK or VLEK casemate collateral import takes.")
        : label.StartsWith("X509 CRL"u8) ? new("a revocation list (PEM)", "casemate verify --collateral takes it as it is.")
        : new("PEM of another kind", Make);

    private static NotABundle? OfEvidence(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            var evidence = EvidenceReader.Parse(content.ToArray(), path);
            var kind = evidence.Kind switch
            {
                EvidenceKind.Quote => $"a quote ({evidence.Tee.ToString()!.ToUpperInvariant()})",
                EvidenceKind.SnpReport => "a SEV-SNP report",
                EvidenceKind.AzureVtpm => "evidence of an Azure VM",
                EvidenceKind.GpuReport => "a report of a GPU",
                _ => "the endorsement of a guest image",
            };
            return new(
                $"evidence: {kind}{(evidence.Form == EvidenceFile.Binary ? "" : $" in {evidence.Form}")}",
                $"Judge it: casemate verify {path}. Its collateral into the store: casemate collateral fetch --from-evidence {path}.");
        }
        catch (MalformedInputException)
        {
            return null;                                                    // not evidence: that is all that was asked
        }
    }

    private static NotABundle? OfCollateral(string path, ReadOnlySpan<byte> content)
    {
        if (content.IndexOf("\"collaterals\""u8) >= 0)
        {
            return new("the upload for a PCCS (platform_collateral.json)", $"Take it: casemate collateral import {path}.", IsJson: true);
        }

        try
        {
            return CollateralReader.Parse(content.ToArray(), path) is { IsEmpty: false } found
                ? new($"collateral ({found.Items[0].Kind})", "casemate verify --collateral takes it as it is, and asks for no key.")
                : null;
        }
        catch (MalformedInputException)
        {
            return null;
        }
    }

    private static byte[] Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length == 0)
            {
                return [];                                                  // opening a pipe may wait for ever
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var content = new byte[(int)Math.Min(stream.Length, MaximumRead)];
            return content[..stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{path} cannot be read: {exception.Message}", cause: exception);
        }
    }
}
