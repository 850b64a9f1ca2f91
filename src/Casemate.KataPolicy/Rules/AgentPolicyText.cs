using System.Text;

namespace Casemate.KataPolicy;

/// <summary>Writes the policy of the Kata agent: rules that the pod can reach, and its data as the last statement.</summary>
/// <remarks>
/// Rules compare each request with the data and deny what they do not know. Both dialects of Rego, and the engine in the guest, read the
/// text
/// alike; it uses only built-in functions that the agent's engine has in its smallest build.
/// </remarks>
public static class AgentPolicyText
{
    /// <summary>The longest line that agents of all supported versions read.</summary>
    public const int LineLimit = 1024;

    /// <summary>The policy as Rego text, the same bytes for the same data.</summary>
    /// <param name="data">What the pod may do.</param>
    /// <param name="allowRequestsFailingPolicy">
    /// For finding faults only: the agent then allows what the policy denies. The text says so in its first line.
    /// </param>
    /// <exception cref="ArgumentException">The data contradicts itself; see <see cref="PolicyDataProblems.Find"/>.</exception>
    public static string Write(PolicyData data, bool allowRequestsFailingPolicy = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (PolicyDataProblems.Find(data) is [var problem, ..])
        {
            throw new ArgumentException(problem, nameof(data));
        }

        var text = new StringBuilder();
        if (allowRequestsFailingPolicy)
        {
            text.Append("# WARNING: this policy allows what it denies (AllowRequestsFailingPolicy). For finding faults only.\n");
        }

        text.Append("# Policy of the Kata agent, made by Casemate: rules first, then what the pod may do.\n");
        text.Append("package agent_policy\n\nimport future.keywords.every\nimport future.keywords.if\nimport future.keywords.in\n\n");
        AppendDefaults(text, data, allowRequestsFailingPolicy);
        text.Append('\n').Append("allow_env := ").Append(RegoLiteral.OfLines(AllowEnv(data))).Append("\n\n");
        text.Append("nested := ").Append(RegoLiteral.OfPairs(NestedMounts(data))).Append("\n\n");
        if (data.RequestDefaults.CopyFile.Count > 0)
        {
            text.Append("copy_paths := ").Append(RegoLiteral.OfLines(CopyPaths(data))).Append("\n\n");
        }

        foreach (var module in Modules(data))
        {
            text.Append(RuleModules.Read(module)).Append('\n');
        }

        return text.Append(PolicyDataText.Marker).Append(PolicyDataText.Write(data).AsSpan(1)).Append('\n').ToString();
    }

    /// <summary>Whether init containers or sidecars make the order of containers matter.</summary>
    internal static bool HasOrder(PolicyData data) => data.Containers.Any(one => one.Role is ContainerRole.Init or ContainerRole.Sidecar);

    internal static bool HasExec(PolicyData data) =>
        data.Containers.Any(one => one.ExecCommands.Count > 0) || data.RequestDefaults.ExecProcess is not
        {
            AllowedCommands: [],
            Regex: []
        };

    internal static bool HasVolumes(PolicyData data) =>
        data.Containers.Any(one => one.Oci.Mounts.Any(mount => mount.Volume.Length > 0));

    private static IEnumerable<string> Modules(PolicyData data)
    {
        yield return "core";
        yield return "create";
        yield return HasOrder(data) ? "order-init" : "order-none";
        yield return data.Containers.Select(one => one.Image?.Form).FirstOrDefault(form => form is not null) switch
        {
            ImageForm.GuestPull => "image-guest",
            ImageForm.HostTarfsVerity or ImageForm.HostExt4Verity => "image-verity",
            _ => "image-none",
        };
        yield return data.Containers.Any(one => one.Storages.Count > 0) ? "storages" : "storages-none";
        yield return HasVolumes(data) ? "volumes" : "volumes-none";
        yield return data.Containers.Any(one => one.Devices.Count > 0) ? "devices" : "devices-none";
        if (HasExec(data))
        {
            yield return "exec";
        }

        if (data.RequestDefaults.CopyFile.Count > 0)
        {
            yield return "copy";
        }

        yield return "requests";
    }

    private static void AppendDefaults(StringBuilder text, PolicyData data, bool allowRequestsFailingPolicy)
    {
        var settings = data.RequestDefaults;
        foreach (var request in AgentRequests.All)
        {
            var allowed = request.Name switch
            {
                "CloseStdinRequest" => settings.CloseStdin,
                "ReadStreamRequest" => settings.ReadStream,
                "WriteStreamRequest" => settings.WriteStream,
                "UpdateEphemeralMountsRequest" => settings.UpdateEphemeralMounts,
                "GetDiagnosticDataRequest" => settings.GetDiagnosticData,
                "StartContainerRequest" => !HasOrder(data),
                _ => request.AllowedByDefault,
            };
            text.Append("default ").Append(request.Name).Append(" := ").Append(allowed ? "true\n" : "false\n");
        }

        text.Append("default AllowRequestsFailingPolicy := ").Append(allowRequestsFailingPolicy ? "true\n" : "false\n");
    }

    // As few patterns as lines allow, so that a variable is looked at once or twice and not once for each.
    private static List<string> AllowEnv(PolicyData data)
    {
        const int Room = 900;
        var common = data.Common;
        var groups = new List<string>();
        foreach (var pattern in data.RequestDefaults.CreateContainer.AllowEnvRegex)
        {
            var whole = pattern
                .Replace("$(ipv4_a)", $"(?:{common.Ipv4Address})", StringComparison.Ordinal)
                .Replace("$(ip_p)", $"(?:{common.PortNumber})", StringComparison.Ordinal)
                .Replace("$(svc_name_downward_env)", $"(?:{common.ServiceNameDownwardEnv})", StringComparison.Ordinal)
                .Replace("$(svc_name)", $"(?:{common.ServiceNameDownwardEnv})", StringComparison.Ordinal)
                .Replace("$(dns_label)", $"(?:{common.DnsLabel})", StringComparison.Ordinal);
            if (groups.Count > 0 && groups[^1].Length + whole.Length < Room)
            {
                groups[^1] += "|" + whole;
            }
            else
            {
                groups.Add(whole);
            }
        }

        return [.. groups.Select(group => $"^(?:{group})$")];
    }

    private static string[] CopyPaths(PolicyData data) =>
    [
        .. data.RequestDefaults.CopyFile.Select(pattern => pattern
            .Replace("$(sfprefix)", data.Common.SfPrefix, StringComparison.Ordinal)
            .Replace("$(cpath)", data.Common.Cpath, StringComparison.Ordinal)
            .Replace("$(bundle-id)", "[a-z0-9]{64}", StringComparison.Ordinal)).Select(pattern =>
                pattern.StartsWith('^') ? pattern : $"^{pattern}"),
    ];

    // A mount hides what was mounted below it before: of two mounts of which one stands below the other, the upper one comes first.
    private static SortedSet<(string Above, string Below)> NestedMounts(PolicyData data)
    {
        var pairs = new SortedSet<(string, string)>();
        foreach (var container in data.Containers)
        {
            var destinations = container.Oci.Mounts.Select(mount => mount.Destination).Distinct().ToArray();
            foreach (var below in destinations)
            {
                foreach (var above in destinations.Where(above => below.StartsWith(above.TrimEnd('/') + "/", StringComparison.Ordinal)
                    && above != below))
                {
                    pairs.Add((above, below));
                }
            }
        }

        return pairs;
    }
}
