namespace Casemate.Simulator.Pki;

/// <summary>
/// The times that simulated certificates and documents carry unless a scenario says otherwise. All in whole seconds, UTC.
/// </summary>
internal static class Validity
{
    private const int CertificateYears = 20;
    private const int DocumentDays = 30;

    /// <summary>
    /// notBefore of certificates: the begin of the day before the installation was created, so that a clock may lag a little.
    /// </summary>
    public static DateTimeOffset Begin(DateTimeOffset created) => Day(created).AddDays(-1);

    /// <summary>notAfter of certificates.</summary>
    public static DateTimeOffset End(DateTimeOffset created) => Day(created).AddYears(CertificateYears);

    /// <summary>issueDate and thisUpdate: the begin of the day.</summary>
    public static DateTimeOffset Day(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);

    /// <summary>nextUpdate.</summary>
    public static DateTimeOffset NextUpdate(DateTimeOffset day) => day.AddDays(DocumentDays);
}
