using System.Globalization;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>A Lease as it is written. What others put into one stays.</summary>
internal static class LeaseBody
{
    public static JsonObject New(string name, string identity, LeaderElectorOptions options, DateTimeOffset now) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["holderIdentity"] = identity,
            ["leaseDurationSeconds"] = (int)options.LeaseDuration.TotalSeconds,
            ["acquireTime"] = MicroTime(now),
            ["renewTime"] = MicroTime(now),
            ["leaseTransitions"] = 0,
        },
    };

    public static JsonObject Taken(KubeObject lease, string identity, LeaderElectorOptions options, DateTimeOffset now)
    {
        var (body, spec) = Copy(lease);
        var sight = LeaseSight.Of(lease, 0);
        if (sight.Holder != identity)
        {
            spec["acquireTime"] = MicroTime(now);
            spec["leaseTransitions"] = int.TryParse(sight.Transitions, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count < int.MaxValue ? count + 1 : 1;
        }

        // Others see a renewal by its difference alone, so a clock that stands still must not repeat itself.
        var renewed = MicroTime(now);
        spec["renewTime"] = renewed == sight.RenewTime ? MicroTime(now.AddMicroseconds(1)) : renewed;
        spec["holderIdentity"] = identity;
        spec["leaseDurationSeconds"] = (int)options.LeaseDuration.TotalSeconds;
        return body;
    }

    public static JsonObject GivenBack(KubeObject lease, DateTimeOffset now)
    {
        var (body, spec) = Copy(lease);
        spec["holderIdentity"] = "";
        spec["leaseDurationSeconds"] = 1;
        spec["renewTime"] = MicroTime(now);
        return body;
    }

    private static (JsonObject Body, JsonObject Spec) Copy(KubeObject lease)
    {
        var body = lease.ToNode();
        if (body["spec"] is not JsonObject spec)
        {
            body["spec"] = spec = new JsonObject();
        }

        return (body, spec);
    }

    private static string MicroTime(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
