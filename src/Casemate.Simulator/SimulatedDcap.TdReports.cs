using Casemate.Simulator.Dcap;

namespace Casemate.Simulator;

/// <content>TD reports: what a TD gets of the machine and gives to a quoting enclave.</content>
public sealed partial class SimulatedDcap
{
    /// <summary>
    /// Makes the report of a TD, as TDG.MR.REPORT does: only this machine can tell whether it is genuine. Of the extension of
    /// report 1.5 nothing is in it.
    /// </summary>
    /// <param name="td">The TD.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <returns>1024 bytes: TDREPORT_STRUCT of the Intel TDX module.</returns>
    /// <exception cref="ArgumentException">A field has the wrong size.</exception>
    public byte[] TdReport(SimulatedTd td, ReadOnlySpan<byte> reportData)
    {
        ArgumentNullException.ThrowIfNull(td);
        var body = TdReportWriter.Write(td, Scenario.TdxModule, TdReportKind.V15, reportData);
        return TdReportStructure.Write(body, PckExtension.CpuSvn(Scenario.Machine), TdReportKey);
    }

    /// <summary>True when a TD report was made on this machine and is unchanged since.</summary>
    /// <param name="tdReport">1024 bytes; another size is not accepted.</param>
    public bool AcceptsTdReport(ReadOnlySpan<byte> tdReport) => TdReportStructure.Verify(tdReport, TdReportKey);

    /// <summary>Makes the quote of a TD report. Does not check its MAC: ask <see cref="AcceptsTdReport"/> before.</summary>
    /// <param name="tdReport">1024 bytes.</param>
    /// <param name="version">Quote version: 4 with TD report 1.0, or 5 with TD report 1.5.</param>
    /// <exception cref="ArgumentException">The report has another size, or the version is another one.</exception>
    public byte[] QuoteTd(ReadOnlySpan<byte> tdReport, int version = 4)
    {
        FieldSize.Require(tdReport, TdReportStructure.Size, nameof(tdReport));
        if (version is not (4 or 5))
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "TDX quotes have version 4 or 5.");
        }

        var kind = version == 4 ? TdReportKind.V10 : TdReportKind.V15;
        var body = TdReportStructure.Body(tdReport, kind is TdReportKind.V15);
        return Writer(Attestation.Tee.Tdx).Write(version, tdx: true, (ushort)kind, body);
    }

    private byte[] TdReportKey => _secret.Bytes(AesCmac.Size, "tdx/report-key");
}
