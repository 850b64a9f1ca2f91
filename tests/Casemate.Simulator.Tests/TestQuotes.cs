namespace Casemate.Simulator.Tests;

/// <summary>Quotes of every form by a short name.</summary>
internal static class TestQuotes
{
    public static byte[] Make(string kind, SimulatedDcap dcap) => kind switch
    {
        "sgx3" => dcap.QuoteSgx(TestPlatform.Enclave, TestPlatform.ReportData),
        "sgx4" => dcap.QuoteSgx(TestPlatform.Enclave, TestPlatform.ReportData, 4),
        "sgx5" => dcap.QuoteSgx(TestPlatform.Enclave, TestPlatform.ReportData, 5),
        "tdx4" => dcap.QuoteTdx(TestPlatform.Td, TestPlatform.ReportData),
        "tdx5-1.0" => dcap.QuoteTdx(TestPlatform.Td with { Kind = TdReportKind.V10 }, TestPlatform.ReportData, 5),
        "tdx5-1.5" => dcap.QuoteTdx(TestPlatform.Td, TestPlatform.ReportData, 5),
        "tdx5-1.5ex" => dcap.QuoteTdx(TestPlatform.Td with { Kind = TdReportKind.V15Ex }, TestPlatform.ReportData, 5),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such quote"),
    };
}
