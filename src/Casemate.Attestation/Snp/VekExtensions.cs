using System.Text;
using Casemate.Attestation.Pki;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Snp;

/// <summary>
/// What the extensions of a VCEK or VLEK certificate say, under OID 1.3.6.1.4.1.3704.1. Source: AMD 57230, chapter 3.
/// </summary>
/// <param name="ProductName">Such as <c>Milan-B0</c>, <c>Genoa</c>, <c>Turin</c>.</param>
/// <param name="Product">The product line of that name.</param>
/// <param name="Tcb">The TCB that the key is derived for.</param>
/// <param name="HardwareId">64 bytes, Turin 8; empty in a VLEK.</param>
/// <param name="CspId">Who the key was lent to; empty in a VCEK.</param>
internal sealed record VekExtensions(string ProductName, SnpProduct Product, SnpTcb Tcb, byte[] HardwareId, string CspId)
{
    private const int MaxText = 256;

    /// <summary>The TCB for people, made once per certificate.</summary>
    public string TcbText => field ??= Tcb.ToString();

    /// <summary>Reads the extensions.</summary>
    /// <returns>What is wrong; empty on success.</returns>
    public static string Read(Certificate vek, out VekExtensions? extensions)
    {
        extensions = null;
        if (!TryReadText(vek, [2], out var productName))
        {
            return "the product name extension (.1.2) is missing or malformed";
        }

        if (ProductOf(productName) is not { } product)
        {
            return $"the product name '{productName}' is not Milan, Genoa or Turin";
        }

        var isTurin = product is SnpProduct.Turin;
        if (!TryReadNumber(vek, [1], out var version) || version != (isTurin ? 1 : 0))
        {
            return $"the structure version (.1.1) is not {(isTurin ? 1 : 0)}";
        }

        byte fmc = 0;
        if (!TryReadNumber(vek, [3, 1], out var bootLoader) || !TryReadNumber(vek, [3, 2], out var tee)
            || !TryReadNumber(vek, [3, 3], out var snp) || !TryReadNumber(vek, [3, 8], out var microcode)
            || (isTurin && !TryReadNumber(vek, [3, 9], out fmc)))
        {
            return "a security version extension (.1.3) is missing or malformed";
        }

        // The hardware id is raw bytes without a DER wrapper: an id that begins with 0x02 or 0x04 is still just an id.
        var hardwareId = TryGet(vek, [4], out var raw) ? raw.ToArray() : [];
        if (hardwareId.Length != 0 && hardwareId.Length != (isTurin ? 8 : 64))
        {
            return $"the hardware id (.1.4) has {hardwareId.Length} bytes";
        }

        if (!TryReadText(vek, [5], out var cspId) && TryGet(vek, [5], out _))
        {
            return "the CSP id (.1.5) is malformed";
        }

        extensions = new VekExtensions(
            productName, product, new SnpTcb(isTurin ? fmc : null, bootLoader, tee, snp, microcode), hardwareId, cspId);
        return "";
    }

    // "Milan-B0": the part after the dash is the stepping.
    private static SnpProduct? ProductOf(string name) => name.Split('-')[0] switch
    {
        "Milan" => SnpProduct.Milan,
        "Genoa" => SnpProduct.Genoa,
        "Turin" => SnpProduct.Turin,
        _ => null,
    };

    private static bool TryGet(Certificate vek, ReadOnlySpan<byte> arcs, out ReadOnlySpan<byte> value) =>
        vek.TryGetExtension([.. Oid.AmdExtensions, .. arcs], out value);

    private static bool TryReadNumber(Certificate vek, ReadOnlySpan<byte> arcs, out byte number)
    {
        number = 0;
        if (!TryGet(vek, arcs, out var value))
        {
            return false;
        }

        var reader = new DerReader(value);
        if (!reader.TryReadUInt32(DerTag.Integer, byte.MaxValue, out var wide) || !reader.IsEmpty)
        {
            return false;
        }

        number = (byte)wide;
        return true;
    }

    private static bool TryReadText(Certificate vek, ReadOnlySpan<byte> arcs, out string text)
    {
        text = "";
        if (!TryGet(vek, arcs, out var value))
        {
            return false;
        }

        var reader = new DerReader(value);
        if (!reader.TryReadValue(out var tag, out var content, out _) || !reader.IsEmpty || content.Length > MaxText
            || tag is not (DerTag.Ia5String or DerTag.Utf8String or DerTag.PrintableString) || content.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E))
        {
            return false;
        }

        text = Encoding.ASCII.GetString(content);
        return true;
    }
}
