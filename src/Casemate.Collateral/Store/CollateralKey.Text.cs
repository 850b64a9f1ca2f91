using System.Globalization;
using Casemate.Attestation;
using Casemate.Attestation.Snp;

namespace Casemate.Collateral.Store;

/// <content>The text of a key.</content>
public sealed partial record CollateralKey
{
    /// <summary>The directory of a kind, and the first part of a key's text.</summary>
    internal static string Folder(CollateralKind kind) => kind switch
    {
        CollateralKind.TcbInfo => "tcb-info",
        CollateralKind.QeIdentity => "qe-identity",
        CollateralKind.QveIdentity => "qve-identity",
        CollateralKind.PckCrl => "pck-crl",
        CollateralKind.RootCaCrl => "root-ca-crl",
        CollateralKind.PckCertificates => "pck-certificates",
        CollateralKind.PckCertificate => "pck-certificate",
        CollateralKind.Vcek => "vcek",
        CollateralKind.Vlek => "vlek",
        CollateralKind.SnpChain => "snp-chain",
        CollateralKind.SnpCrl => "snp-crl",
        CollateralKind.TcbEvaluationNumbers => "tcb-evaluation-numbers",
        CollateralKind.Fmspcs => "fmspcs",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of collateral."),
    };

    /// <summary>Such as <c>tcb-info/sgx-00606a000000-standard</c>. Names a machine where the thing belongs to one.</summary>
    public override string ToString() => $"{Folder(Kind)}/{Rest}";

    /// <summary>What may be logged: the text without ids of machines.</summary>
    public string ToLogText() => Kind switch
    {
        CollateralKind.PckCertificates or CollateralKind.PckCertificate => $"{Folder(Kind)}/{Shorten(QeId)}-{PceId}",
        CollateralKind.Vcek => $"{Folder(Kind)}/{Lower(Product)}-{Shorten(ChipId)}-{TcbText}",
        _ => ToString(),
    };

    /// <summary>Reads a key's text.</summary>
    /// <param name="text">As <see cref="ToString"/> writes it.</param>
    /// <returns>The key; null for any other text.</returns>
    public static CollateralKey? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            // Only the one canonical spelling is a key: whatever was read is written again and compared.
            return text.Length <= 512 && Read(text.Split('/', '-'), text) is { } key && key.ToString() == text ? key : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private string Rest => Kind switch
    {
        CollateralKind.TcbInfo => $"{Lower(Tee)}-{Fmspc}-{Update}{(ApiVersion == 3 ? "-v3" : "")}",
        CollateralKind.QeIdentity => $"{Lower(Tee)}-{Update}",
        CollateralKind.QveIdentity => Update.ToString(),
        CollateralKind.PckCrl => PlatformCa ? "platform" : "processor",
        CollateralKind.RootCaCrl => "intel",
        CollateralKind.PckCertificates => $"{QeId}-{PceId}",
        CollateralKind.PckCertificate => $"{QeId}-{PceId}-{CpuSvn}-{PceSvn}",
        CollateralKind.Vcek => $"{Lower(Product)}-{ChipId}-{TcbText}",
        CollateralKind.Vlek => $"{Lower(Product)}-{TcbText}",
        CollateralKind.SnpChain or CollateralKind.SnpCrl => $"{Lower(Product)}-{Lower(Signer)}",
        CollateralKind.TcbEvaluationNumbers => Lower(Tee),
        CollateralKind.Fmspcs => Lower(Platforms),
        _ => throw new InvalidOperationException("Not a kind of collateral."),
    };

    // Decimal, two digits at least, as the key server's parameters.
    private string TcbText => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Tcb.Fmc is { } fmc ? $"fmc{fmc:00}." : "")}bl{Tcb.BootLoader:00}.tee{Tcb.Tee:00}.snp{Tcb.Snp:00}.ucode{Tcb.Microcode:00}");

    private static string Shorten(string id) => id.Length <= 12 ? id : $"{id[..4]}…{id[^4..]}";

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static CollateralKey? Read(string[] parts, string text)
    {
        if (text.StartsWith("tcb-info/", StringComparison.Ordinal) && parts.Length is 5 or 6)
        {
            return ReadTee(parts[2]) is { } tee && TcbUpdate.TryParse(parts[4], out var update)
                ? TcbInfo(tee, parts[3], update, parts.Length == 6 ? 3 : 4)
                : null;
        }

        if (text.StartsWith("qe-identity/", StringComparison.Ordinal) && parts.Length == 4)
        {
            return ReadTee(parts[2]) is { } tee && TcbUpdate.TryParse(parts[3], out var update) ? QeIdentity(tee, update) : null;
        }

        if (text.StartsWith("qve-identity/", StringComparison.Ordinal) && parts.Length == 3)
        {
            return TcbUpdate.TryParse(parts[2], out var update) ? QveIdentity(update) : null;
        }

        return text switch
        {
            "pck-crl/platform" => PckCrl(platformCa: true),
            "pck-crl/processor" => PckCrl(platformCa: false),
            "root-ca-crl/intel" => RootCaCrl(),
            "tcb-evaluation-numbers/sgx" => TcbEvaluationNumbers(Tee.Sgx),
            "tcb-evaluation-numbers/tdx" => TcbEvaluationNumbers(Tee.Tdx),
            "fmspcs/all" => Fmspcs(),
            "fmspcs/client" => Fmspcs(PlatformSelection.Client),
            "fmspcs/e3" => Fmspcs(PlatformSelection.E3),
            "fmspcs/e5" => Fmspcs(PlatformSelection.E5),
            _ => (parts[0], parts.Length) switch
            {
                ("pck", 4) when parts[1] == "certificates" => PckCertificates(parts[2], parts[3]),
                ("pck", 6) when parts[1] == "certificate" => PckCertificate(parts[2], parts[3], parts[4], parts[5]),
                ("vcek", 4) => ReadProduct(parts[1]) is { } product && ReadTcb(parts[3]) is { } tcb ? Vcek(product, parts[2], tcb) : null,
                ("vlek", 3) => ReadProduct(parts[1]) is { } product && ReadTcb(parts[2]) is { } tcb ? Vlek(product, tcb) : null,
                ("snp", 4) => ReadProduct(parts[2]) is { } product ? ReadSnp(parts[1], product, parts[3]) : null,
                _ => null,
            },
        };
    }

    private static CollateralKey? ReadSnp(string what, SnpProduct product, string signer) => (what, signer) switch
    {
        ("chain", "vcek") => SnpChain(product, SnpSigner.Vcek),
        ("chain", "vlek") => SnpChain(product, SnpSigner.Vlek),
        ("crl", "vcek") => SnpCrl(product, SnpSigner.Vcek),
        ("crl", "vlek") => SnpCrl(product, SnpSigner.Vlek),
        _ => null,
    };

    private static Tee? ReadTee(string text) => text switch { "sgx" => Tee.Sgx, "tdx" => Tee.Tdx, _ => null };

    private static SnpProduct? ReadProduct(string text) =>
        text switch { "milan" => SnpProduct.Milan, "genoa" => SnpProduct.Genoa, "turin" => SnpProduct.Turin, _ => null };

    private static SnpTcb? ReadTcb(string text)
    {
        var parts = text.Split('.');
        var first = parts.Length - 4;
        if (first is not (0 or 1))
        {
            return null;
        }

        byte? fmc = null;
        if (first == 1)
        {
            if (ReadSvn(parts[0], "fmc") is not { } read)
            {
                return null;
            }

            fmc = read;
        }

        return ReadSvn(parts[first], "bl") is { } bootLoader && ReadSvn(parts[first + 1], "tee") is { } tee
            && ReadSvn(parts[first + 2], "snp") is { } snp && ReadSvn(parts[first + 3], "ucode") is { } microcode
            ? new SnpTcb(fmc, bootLoader, tee, snp, microcode)
            : null;
    }

    private static byte? ReadSvn(string text, string name) =>
        text.StartsWith(name, StringComparison.Ordinal)
        && byte.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
