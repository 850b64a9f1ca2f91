using Casemate.Attestation.Tdx;

namespace Casemate.Cli.Show;

/// <summary>The fields of a TD report in a quote: 1.0, 1.5 and 1.5 extended. Layout: Intel DCAP <c>sgx_quote_5.h</c>.</summary>
internal static class TdBodyFields
{
    public static ShownSection Read(string name, ReadOnlySpan<byte> body, int start)
    {
        var fields = new FieldList(body.ToArray(), start, machineIds: true);
        fields.Bytes("TEE_TCB_SVN", 0, 16, Svn(body));
        fields.Bytes("MRSEAM", 16, 48);
        fields.Bytes("MRSIGNERSEAM", 64, 48);
        fields.Bytes("SEAMATTRIBUTES", 112, 8);
        fields.Bits("TDATTRIBUTES", 120, 8, BitNames.TdAttributes);
        fields.Bits("XFAM", 128, 8, BitNames.StateComponents);
        fields.Bytes("MRTD", 136, 48);
        fields.Bytes("MRCONFIGID", 184, 48);
        fields.Bytes("MROWNER", 232, 48);
        fields.Bytes("MROWNERCONFIG", 280, 48);
        for (var register = 0; register < 4; register++)
        {
            fields.Bytes($"RTMR{register}", 328 + (48 * register), 48);
        }

        fields.Bytes("REPORTDATA", 520, 64);
        if (body.Length >= TdReportBody.SizeTd15)
        {
            fields.Bytes("TEE_TCB_SVN2", 584, 16, Svn(body[584..]));
            fields.Bytes("MRSERVICETD", 600, 48);
        }

        if (body.Length >= TdReportBody.SizeTd15Extended)
        {
            ReadExtended(fields, body);
        }

        return fields.Named(name);
    }

    private static void ReadExtended(FieldList fields, ReadOnlySpan<byte> body)
    {
        fields.Number("VMID", 648, 1);
        fields.Bytes("TD_ID", 649, 32);
        fields.Bytes("DEVINFO", 681, 48);
        fields.Bytes("INIT_SERVTD_HASH", 729, 48);
        fields.Bytes("INIT_SERVTD_ATTR", 777, 8);
        fields.Bytes("INIT_CPUSVN", 785, 16);
        fields.Bytes("INIT_TEE_TCB_SVN", 801, 16, Svn(body[801..]));
        fields.Bytes("INIT_TEE_FMSPC", 817, 12);
        fields.Bytes("CURR_SERVTD_HASH", 829, 48);
        fields.Bytes("CURR_SERVTD_ATTR", 877, 8);
    }

    private static string Svn(ReadOnlySpan<byte> svn) => $"TDX module {svn[1]}.{svn[0]}, SEAM loader {svn[2]}";
}
