using System.Globalization;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Pccs;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;

namespace Casemate.Serve.Pccs;

/// <summary>Reads the parameters of each route. An error is empty on success and never repeats a part of the input.</summary>
internal static class PccsParameters
{
    /// <summary>Whether a text is hex of exactly so many digits, in any case.</summary>
    public static bool IsHex(string? text, int digits) =>
        text is not null && text.Length == digits && !text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF");

    /// <summary>The generation that is asked for.</summary>
    public static TcbUpdate Update(PccsQuery query, out string error)
    {
        error = "";
        var (update, number) = (query["update"], query["tcbEvaluationDataNumber"]);
        if (number is not null)
        {
            var isNumber = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
                && number.Length <= 5;
            error = update is not null ? "'update' and 'tcbEvaluationDataNumber' exclude each other"
                : !isNumber ? "'tcbEvaluationDataNumber' is not a number from 1"
                : "";
            return error.Length == 0 ? TcbUpdate.Evaluation(value) : default;
        }

        error = update is null or "standard" or "early" ? "" : "'update' is neither 'standard' nor 'early'";
        return update is "early" ? TcbUpdate.Early : TcbUpdate.Standard;
    }

    /// <summary>Which PCK certificate is asked for; <paramref name="zeroPpid"/> tells a PPID of zeros from none.</summary>
    public static PckQuery? PckCertificate(PccsQuery query, out bool zeroPpid, out string error)
    {
        var (qeId, cpuSvn, pceSvn, pceId, ppid) =
            (query["qeid"], query["cpusvn"], query["pcesvn"], query["pceid"], query["encrypted_ppid"] ?? "");
        zeroPpid = ppid.Length > 0 && !ppid.AsSpan().ContainsAnyExcept('0');
        error = qeId is null || qeId.Length is 0 or > CollateralKey.MaximumQeIdLength || !qeId.All(char.IsAsciiLetterOrDigit)
                ? $"'qeid' is not 1 to {CollateralKey.MaximumQeIdLength} letters and digits"
            : !IsHex(cpuSvn, 32) ? "'cpusvn' is not 32 hex digits"
            : !IsHex(pceSvn, 4) ? "'pcesvn' is not 4 hex digits"
            : !IsHex(pceId, 4) ? "'pceid' is not 4 hex digits"
            : ppid.Length > 0 && !IsHex(ppid, 768) ? "'encrypted_ppid' is not 768 hex digits"
            : "";
        return error.Length == 0 ? new PckQuery(qeId!, pceId!, cpuSvn!, pceSvn!, zeroPpid ? "" : ppid) : null;
    }

    /// <summary>What a path of AMD's key server names.</summary>
    /// <param name="path">Such as <c>/vcek/v1/Milan/cert_chain</c>.</param>
    /// <param name="query">The security versions, for certificates.</param>
    /// <param name="error">What is wrong; empty on success, and when there is no such path.</param>
    /// <returns>The key; null for a wrong parameter, or when there is no such path.</returns>
    public static CollateralKey? Kds(string path, PccsQuery query, out string error)
    {
        error = "";
        var parts = path.Split('/');                                        // "", vcek, v1, Milan, what
        if (parts.Length != 5 || ProductOf(parts[3]) is not { } product)
        {
            return null;
        }

        var signer = parts[1] is "vlek" ? SnpSigner.Vlek : SnpSigner.Vcek;
        switch (parts[4])
        {
            case "cert_chain":
                return CollateralKey.SnpChain(product, signer);
            case "crl":
                return CollateralKey.SnpCrl(product, signer);
            case "cert" when signer is SnpSigner.Vlek:
                return Tcb(query, product, out error) is { } vlek ? CollateralKey.Vlek(product, vlek) : null;
            default:
                if (signer is SnpSigner.Vlek)
                {
                    return null;
                }

                var digits = CollateralKey.ChipIdDigits(product);
                if (!IsHex(parts[4], digits))
                {
                    error = $"the hardware id of {product} is {digits} hex digits";
                    return null;
                }

                return Tcb(query, product, out error) is { } vcek ? CollateralKey.Vcek(product, parts[4], vcek) : null;
        }
    }

    private static SnpProduct? ProductOf(string name) => name switch
    {
        "Milan" => SnpProduct.Milan,
        "Genoa" => SnpProduct.Genoa,
        "Turin" => SnpProduct.Turin,
        _ => null,
    };

    private static SnpTcb? Tcb(PccsQuery query, SnpProduct product, out string error)
    {
        error = "";
        if (Svn(query, "blSPL", ref error) is { } bootLoader && Svn(query, "teeSPL", ref error) is { } tee
            && Svn(query, "snpSPL", ref error) is { } snp && Svn(query, "ucodeSPL", ref error) is { } microcode)
        {
            byte? fmc = null;
            return product is SnpProduct.Turin && (fmc = Svn(query, "fmcSPL", ref error)) is null
                ? null
                : new SnpTcb(fmc, bootLoader, tee, snp, microcode);
        }

        return null;
    }

    // One digit or two with a leading zero: clients differ. Microcode levels have three.
    private static byte? Svn(PccsQuery query, string name, ref string error)
    {
        if (query[name] is { Length: > 0 and <= 3 } text
            && byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }

        error = $"'{name}' is not a number from 0 to 255";
        return null;
    }
}
