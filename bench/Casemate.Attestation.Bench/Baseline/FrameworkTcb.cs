using System.Buffers.Binary;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using static Casemate.Attestation.Bench.Baseline.FrameworkQuoteVerifier;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>Evaluates TCB info version 3 and QE identity version 2 from their JSON, in the order of the file.</summary>
internal static class FrameworkTcb
{
    public static (string Platform, string Qe, string? Module) Evaluate(
        in Quote quote, PckTcb pck, JsonElement tcbInfo, JsonElement qeIdentity, DateTimeOffset now)
    {
        var isTdx = quote.Tee is Tee.Tdx;
        Require(IsInForce(tcbInfo, now) && IsInForce(qeIdentity, now), "dates of the documents");
        Require(tcbInfo.GetProperty("id").ValueEquals(isTdx ? "TDX" : "SGX"), "kind of TCB info");
        Require(qeIdentity.GetProperty("id").ValueEquals(isTdx ? "TD_QE" : "QE"), "kind of QE identity");
        Require(Hex(tcbInfo, "fmspc").AsSpan().SequenceEqual(pck.Fmspc), "FMSPC");
        Require(Hex(tcbInfo, "pceId").AsSpan().SequenceEqual(pck.PceId), "PCEID");

        var qe = quote.QeReport;
        Require(UnderMask(qe.Slice(16, 4), qeIdentity, "miscselect", "miscselectMask"), "MISCSELECT of the quoting enclave");
        Require(UnderMask(qe.Slice(48, 16), qeIdentity, "attributes", "attributesMask"), "ATTRIBUTES of the quoting enclave");
        Require(qe.Slice(128, 32).SequenceEqual(Hex(qeIdentity, "mrsigner")), "MRSIGNER of the quoting enclave");
        Require(BinaryPrimitives.ReadUInt16LittleEndian(qe[256..]) == qeIdentity.GetProperty("isvprodid").GetInt32(), "ISVPRODID");
        var qeStatus = FirstIsvSvn(qeIdentity, BinaryPrimitives.ReadUInt16LittleEndian(qe[258..]));

        var teeTcbSvn = isTdx ? quote.Body[..16] : default;
        return (Platform(tcbInfo, pck, teeTcbSvn), qeStatus, isTdx ? Module(tcbInfo, quote.Body) : null);
    }

    private static string Platform(JsonElement tcbInfo, PckTcb pck, ReadOnlySpan<byte> teeTcbSvn)
    {
        foreach (var level in tcbInfo.GetProperty("tcbLevels").EnumerateArray())
        {
            var tcb = level.GetProperty("tcb");
            var matches = pck.PceSvn >= tcb.GetProperty("pcesvn").GetInt32();
            var index = 0;
            foreach (var component in tcb.GetProperty("sgxtcbcomponents").EnumerateArray())
            {
                matches &= pck.ComponentSvns[index++] >= component.GetProperty("svn").GetInt32();
            }

            if (!teeTcbSvn.IsEmpty)
            {
                index = 0;
                foreach (var component in tcb.GetProperty("tdxtcbcomponents").EnumerateArray())
                {
                    matches &= (index < 2 && teeTcbSvn[1] > 0) || teeTcbSvn[index] >= component.GetProperty("svn").GetInt32();
                    index++;
                }
            }

            if (matches)
            {
                return level.GetProperty("tcbStatus").GetString()!;
            }
        }

        return "NotSupported";
    }

    private static string? Module(JsonElement tcbInfo, ReadOnlySpan<byte> body)
    {
        if (body[1] == 0)
        {
            Require(IsSigner(tcbInfo.GetProperty("tdxModule"), body), "TDX module");
            return null;
        }

        var id = $"TDX_{body[1]:X2}";
        foreach (var identity in tcbInfo.GetProperty("tdxModuleIdentities").EnumerateArray())
        {
            if (string.Equals(identity.GetProperty("id").GetString(), id, StringComparison.OrdinalIgnoreCase))
            {
                Require(IsSigner(identity, body), "TDX module");
                return FirstIsvSvn(identity, body[0]);
            }
        }

        return "NotSupported";
    }

    private static bool IsSigner(JsonElement identity, ReadOnlySpan<byte> body) =>
        body.Slice(64, 48).SequenceEqual(Hex(identity, "mrsigner"))
        && UnderMask(body.Slice(112, 8), identity, "attributes", "attributesMask");

    private static string FirstIsvSvn(JsonElement identity, int isvSvn)
    {
        foreach (var level in identity.GetProperty("tcbLevels").EnumerateArray())
        {
            if (isvSvn >= level.GetProperty("tcb").GetProperty("isvsvn").GetInt32())
            {
                return level.GetProperty("tcbStatus").GetString()!;
            }
        }

        return "NotSupported";
    }

    private static bool IsInForce(JsonElement document, DateTimeOffset now) =>
        document.GetProperty("issueDate").GetDateTimeOffset() <= now && now <= document.GetProperty("nextUpdate").GetDateTimeOffset();

    private static bool UnderMask(ReadOnlySpan<byte> value, JsonElement element, string wantedName, string maskName)
    {
        var (wanted, mask) = (Hex(element, wantedName), Hex(element, maskName));
        for (var i = 0; i < value.Length; i++)
        {
            if ((value[i] & mask[i]) != wanted[i])
            {
                return false;
            }
        }

        return wanted.Length == value.Length && mask.Length == value.Length;
    }

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);
}
