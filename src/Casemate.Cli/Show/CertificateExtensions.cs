using Casemate.Attestation.Pki;

namespace Casemate.Cli.Show;

/// <summary>What the extensions of Intel and AMD say in a certificate, value by value, under the names of the JSON document.</summary>
internal static class CertificateExtensions
{
    /// <summary>Every value in a fixed order; those that identify a machine say so.</summary>
    public static IEnumerable<(string Name, (string Text, bool MachineId) Value)> Of(UnverifiedCertificate certificate)
    {
        if (certificate.Platform is { } platform)
        {
            yield return ("fmspc", (Convert.ToHexStringLower(platform.Fmspc), false));
            yield return ("pceId", (Convert.ToHexStringLower(platform.PceId), false));
            yield return ("ppid", (Convert.ToHexStringLower(platform.Ppid), true));
            yield return ("componentSvns", (string.Join(' ', platform.ComponentSvns), false));
            yield return ("pceSvn", ($"{platform.PceSvn}", false));
            yield return ("cpuSvn", (Convert.ToHexStringLower(certificate.CpuSvn.AsSpan()), false));
            yield return ("sgxType", (platform.SgxType.ToString(), false));
            if (platform.PlatformInstanceId is { } instance)
            {
                yield return ("platformInstanceId", (Convert.ToHexStringLower(instance), true));
            }

            (string, bool?)[] configuration =
                [("dynamicPlatform", platform.DynamicPlatform), ("cachedKeys", platform.CachedKeys), ("smtEnabled", platform.SmtEnabled)];
            foreach (var (name, flag) in configuration)
            {
                if (flag is { } known)
                {
                    yield return (name, (known ? "yes" : "no", false));
                }
            }
        }

        if (certificate.ProductName is { } product)
        {
            yield return ("productName", (product, false));
            yield return ("tcb", (certificate.Tcb.ToString()!, false));
            if (!certificate.HardwareId.IsEmpty)
            {
                yield return ("hardwareId", (Convert.ToHexStringLower(certificate.HardwareId.AsSpan()), true));
            }

            if (certificate.CspId.Length > 0)
            {
                yield return ("cspId", (certificate.CspId, false));
            }
        }
    }
}
