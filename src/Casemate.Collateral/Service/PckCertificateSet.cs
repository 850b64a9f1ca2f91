using System.Buffers.Binary;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Service;

/// <summary>
/// The PCK certificates of one platform, verified, and the choice among them. Source: Intel PCS API v4, "Get PCK Certificates";
/// the selection of the reference PCCS.
/// </summary>
internal sealed class PckCertificateSet
{
    private const int MaximumCertificates = 256;
    private const string NotAvailable = "Not available";

    private PckCertificateSet(List<PckEntry> entries, int unavailable) => (Entries, Unavailable) = (entries, unavailable);

    /// <summary>At least one; all of one platform family and one CA.</summary>
    public List<PckEntry> Entries { get; }

    /// <summary>How many TCBs have no certificate, as the service said.</summary>
    public int Unavailable { get; }

    /// <summary>FMSPC, 12 hex digits.</summary>
    public string Fmspc => Convert.ToHexStringLower(Entries[0].Platform.Fmspc);

    /// <summary>Whether the PCK Platform CA issued them.</summary>
    public bool PlatformCa => Entries[0].Chain.UnderPlatformCa;

    /// <summary>Reads and verifies the certificates of a <c>PckCertificates</c> or <c>PckCertificate</c>.</summary>
    public static bool TryRead(StoredCollateral collateral, TrustRoots roots, out PckCertificateSet? set, out string error)
    {
        set = null;
        var key = collateral.Key;
        if (!PemCertificates.TryRead(collateral.IssuerChainPem.Span, out var issuers, out error))
        {
            error = $"the issuer chain: {error}";
            return false;
        }

        issuers.RemoveAll(c => !c.IsCa);
        var entries = new List<PckEntry>();
        var unavailable = 0;
        if (key.Kind is CollateralKind.PckCertificate)
        {
            error = Add(entries, collateral.Raw.Span, issuers, roots, key.PceId, "");
        }
        else
        {
            error = ReadArray(collateral.Raw, entries, issuers, roots, key, ref unavailable);
        }

        if (error.Length > 0)
        {
            return false;
        }

        if (entries.Exists(entry => !entry.Platform.Fmspc.AsSpan().SequenceEqual(entries[0].Platform.Fmspc)
            || !entry.Platform.Ppid.AsSpan().SequenceEqual(entries[0].Platform.Ppid)
            || entry.Chain.UnderPlatformCa != entries[0].Chain.UnderPlatformCa))
        {
            error = "the certificates are of several machines";
            return false;
        }

        if (key.Kind is CollateralKind.PckCertificate && !entries[0].IsAtMost(Convert.FromHexString(key.CpuSvn), ReadPceSvn(key.PceSvn)))
        {
            error = "the certificate is for a newer TCB than the machine's";
            return false;
        }

        set = new PckCertificateSet(entries, unavailable);
        return true;
    }

    /// <summary>PCESVN from its text: two bytes, low byte first.</summary>
    public static ushort ReadPceSvn(string hex) => BinaryPrimitives.ReadUInt16LittleEndian(Convert.FromHexString(hex));

    /// <summary>
    /// Chooses the certificate for a raw TCB: certificates are sorted into the levels of the TCB info, newest level and newest
    /// certificate first, and the first one that is not newer than the raw TCB in any component counts.
    /// </summary>
    /// <returns>The certificate; null when all are newer or cannot be compared, or the TCB info is for another PCE.</returns>
    public PckEntry? Select(ReadOnlySpan<byte> cpuSvn, ushort pceSvn, TcbInfo tcbInfo)
    {
        if (tcbInfo.PceId is not null && !tcbInfo.PceId.AsSpan().SequenceEqual(Entries[0].Platform.PceId))
        {
            return null;
        }

        foreach (var entry in Entries.OrderBy(entry => LevelOf(entry, tcbInfo)).ThenBy(entry => entry, PckEntry.NewestFirst))
        {
            if (entry.IsAtMost(cpuSvn, pceSvn))
            {
                return entry;
            }
        }

        return null;
    }

    // Levels are ordered newest first. Certificates below every level come last: they are still the machine's own.
    private static int LevelOf(PckEntry entry, TcbInfo tcbInfo)
    {
        for (var i = 0; i < tcbInfo.Levels.Length; i++)
        {
            if (entry.IsAtLeast(tcbInfo.Levels[i]))
            {
                return i;
            }
        }

        return tcbInfo.Levels.Length;
    }

    private static string ReadArray(
        ReadOnlyMemory<byte> raw, List<PckEntry> entries, List<Certificate> issuers, TrustRoots roots, CollateralKey key, ref int unavailable)
    {
        if (!StrictJson.TryParse(raw, out var document, out var error))
        {
            return error;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Array || root.GetArrayLength() is 0 or > MaximumCertificates)
            {
                return $"it is not an array of 1 to {MaximumCertificates} certificates";
            }

            foreach (var item in root.EnumerateArray())
            {
                var (tcbm, certificate) = (JsonInput.TextOrEmpty(item, "tcbm"), JsonInput.TextOrEmpty(item, "cert"));
                if (certificate == NotAvailable)
                {
                    unavailable++;
                    continue;
                }

                if (tcbm.Length != 36 || !CertificationApi.TryDecodeChain(certificate, out var pem))
                {
                    return "one of its certificates has no 'tcbm' of 36 hex digits, or no PEM text";
                }

                if (Add(entries, pem, issuers, roots, key.PceId, tcbm) is { Length: > 0 } problem)
                {
                    return problem;
                }
            }
        }

        return entries.Count > 0 ? "" : "none of its certificates is available";
    }

    private static string Add(
        List<PckEntry> entries, ReadOnlySpan<byte> pem, List<Certificate> issuers, TrustRoots roots, string pceId, string tcbm)
    {
        if (!PemCertificates.TryRead(pem, out var found, out var error))
        {
            return error;
        }

        // A leaf alone, or with its issuers behind it.
        var leaf = found.Find(c => !c.IsCa);
        var chain = leaf is null ? null : PckChain.TryRead([leaf, .. issuers], roots, out error);
        if (chain is null)
        {
            return leaf is null ? "there is no PCK certificate" : error;
        }

        if (roots.Find(chain.Root.Der.Span) is not { Product: null })
        {
            return "the chain does not end in an accepted root";
        }

        if (!chain.IsSound)
        {
            return chain.ChainError.Length > 0 ? chain.ChainError : chain.ExtensionError;
        }

        SgxExtension.Read(chain.Leaf, chain.UnderPlatformCa, out var platform, out var cpuSvn);
        var entry = new PckEntry(chain, platform!, cpuSvn);
        if (Convert.ToHexStringLower(platform!.PceId) != pceId)
        {
            return $"a certificate is for PCEID {Convert.ToHexStringLower(platform.PceId)}, not {pceId}";
        }

        if (tcbm.Length > 0 && !tcbm.Equals(entry.Tcbm, StringComparison.OrdinalIgnoreCase))
        {
            return "a certificate is for another TCB than the answer says";
        }

        entries.Add(entry);
        return "";
    }
}
