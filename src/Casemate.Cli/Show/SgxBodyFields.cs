using Casemate.Attestation.Sgx;

namespace Casemate.Cli.Show;

/// <summary>The fields of an SGX report body: an enclave's, or the quoting enclave's own. Layout as <see cref="SgxReportBody"/>.</summary>
internal static class SgxBodyFields
{
    public static ShownSection Read(string name, ReadOnlySpan<byte> body, int start)
    {
        var fields = new FieldList(body.ToArray(), start, machineIds: true);
        fields.Bytes("CPUSVN", 0, 16);
        fields.Bits("MISCSELECT", 16, 4, BitNames.MiscSelect);
        fields.Reserved(20, 12);
        fields.Bytes("ISVEXTPRODID", 32, 16);
        fields.Bits("ATTRIBUTES.FLAGS", 48, 8, BitNames.SgxFlags);
        fields.Bits("ATTRIBUTES.XFRM", 56, 8, BitNames.StateComponents);
        fields.Bytes("MRENCLAVE", 64, 32);
        fields.Reserved(96, 32);
        fields.Bytes("MRSIGNER", 128, 32);
        fields.Reserved(160, 32);
        fields.Bytes("CONFIGID", 192, 64);
        fields.Number("ISVPRODID", 256, 2);
        fields.Number("ISVSVN", 258, 2);
        fields.Number("CONFIGSVN", 260, 2);
        fields.Reserved(262, 42);
        fields.Bytes("ISVFAMILYID", 304, 16);
        fields.Bytes("REPORTDATA", 320, 64);
        return fields.Named(name);
    }
}
