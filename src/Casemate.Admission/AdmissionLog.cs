using Microsoft.Extensions.Logging;

namespace Casemate.Admission;

/// <summary>Log messages of the webhook. Event ids 3800-3899; an id is never given a second meaning.</summary>
internal static partial class AdmissionLog
{
    [LoggerMessage(EventId = 3800, Message = "Pod {Namespace}/{Pod} completed: {Changes} (audit only: {AuditOnly})")]
    public static partial void PodChanged(ILogger logger, LogLevel level, string @namespace, string pod, string changes, bool auditOnly);

    [LoggerMessage(3801, LogLevel.Information, "Pod {Namespace}/{Pod} refused: {Findings} (audit only: {AuditOnly})")]
    public static partial void PodRefused(ILogger logger, string @namespace, string pod, string findings, bool auditOnly);

    [LoggerMessage(3802, LogLevel.Warning, "A request is no review: {Problem}")]
    public static partial void ReviewMalformed(ILogger logger, string problem);

    [LoggerMessage(3803, LogLevel.Warning,
        "Claim templates in {Namespace} were not made, so pods wait for their claims: {Problem}. The webhook needs the right to create "
            + "resourceclaimtemplates")]
    public static partial void TemplatesNotMade(ILogger logger, string @namespace, string problem);

    [LoggerMessage(3810, LogLevel.Information, "Certificates made in Secret {Secret}, shown until {NotAfter}")]
    public static partial void CertificatesMade(ILogger logger, string secret, DateTimeOffset notAfter);

    [LoggerMessage(3811, LogLevel.Information, "Certificate of Secret {Secret} is shown now, until {NotAfter}")]
    public static partial void CertificateShown(ILogger logger, string secret, DateTimeOffset notAfter);

    [LoggerMessage(3812, LogLevel.Warning, "Certificates in Secret {Secret} were not looked after: {Problem}; tried again in a minute")]
    public static partial void CertificatesNotKept(ILogger logger, string secret, string problem);

    [LoggerMessage(3813, LogLevel.Information, "Authorities written into {Kind} {Name}")]
    public static partial void AuthoritiesWritten(ILogger logger, string kind, string name);

    [LoggerMessage(3814, LogLevel.Information, "There is no {Kind} {Name}: the API server does not ask this webhook for its sake")]
    public static partial void NoConfiguration(ILogger logger, string kind, string name);

    [LoggerMessage(3820, LogLevel.Information, "{Nodes} nodes with EPC are known")]
    public static partial void NodesKnown(ILogger logger, int nodes);
}
