namespace Casemate.Collateral.Qcnl;

/// <summary>Judges what a configuration means. What the reader could not understand was told before.</summary>
internal static class QcnlLint
{
    public static void Judge(QcnlConfiguration configuration, IReadOnlyDictionary<string, int> lines, List<QcnlFinding> findings)
    {
        void Error(string key, string message) => findings.Add(new(lines.GetValueOrDefault(key), true, key, message));
        void Warn(string key, string message) => findings.Add(new(lines.GetValueOrDefault(key), false, key, message));

        if (configuration.PccsUrl is null)
        {
            Warn("pccs_url", "it is missing: the library asks https://localhost:8081/, which inside a pod is the pod itself");
        }

        foreach (var (key, url) in (ReadOnlySpan<(string, string?)>)
            [("pccs_url", configuration.PccsUrl), ("collateral_service", configuration.CollateralService),
                ("local_pck_url", configuration.LocalPckUrl)])
        {
            if (url is not null)
            {
                Address(key, url, lines.GetValueOrDefault(key), findings);
            }
        }

        if (configuration.UseSecureCert is false)
        {
            Error("use_secure_cert",
                "false accepts any certificate: whoever is in between learns which machines ask. Trust the service's CA and leave it out");
        }

        if (configuration.PccsApiVersion is { } version && version is not ("3.0" or "3.1"))
        {
            Error("pccs_api_version", "it is neither \"3.0\" nor \"3.1\"");
        }

        if (configuration.TcbUpdateType is { } update && update is not ("standard" or "early"))
        {
            Error("tcb_update_type", "it is neither \"standard\" nor \"early\" (lower case)");
        }

        if (configuration is { RetryTimes: null or 0, RetryDelay: not null })
        {
            Warn("retry_delay", "without retry_times nothing is tried again");
        }

        if (configuration.RetryTimes is > 20)
        {
            Warn("retry_times", "an enclave that starts while the service is away waits for all of them: use up to 20");
        }

        if (configuration is { LocalPckUrl: not null, PckCacheExpireHours: > 0 })
        {
            Warn("pck_cache_expire_hours", "it is ignored while local_pck_url is set");
        }

        if (configuration is { LocalCacheOnly: true, LocalPckUrl: not null })
        {
            Warn("local_pck_url", "with local_cache_only PCK certificates come from files alone");
        }
    }

    private static void Address(string key, string url, int line, List<QcnlFinding> findings)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
        {
            findings.Add(new(line, true, key, "it is no address: write https://HOST:8081/sgx/certification/v4/"));
            return;
        }

        var path = address.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/sgx/certification/v3", StringComparison.Ordinal))
        {
            findings.Add(new(line, false, key, "version 3 of the interface is at its end: write /sgx/certification/v4/"));
        }
        else if (!path.EndsWith("/sgx/certification/v4", StringComparison.Ordinal))
        {
            findings.Add(new(line, true, key, "the library puts names of documents behind it: it ends in /sgx/certification/v4/"));
        }

        if (address.Scheme == "http" && !address.IsLoopback && address.Host != "169.254.169.254")
        {
            findings.Add(
                new(line, false, key, "plain HTTP over the network: whoever is in between learns which machines ask. Write https://"));
        }

        if (key is "pccs_url" && address.IsLoopback)
        {
            findings.Add(new(line, false, key, "inside a pod this is the pod itself: write the name of the service"));
        }
    }
}
