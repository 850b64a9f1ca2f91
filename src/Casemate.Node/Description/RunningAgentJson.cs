using System.Text.Json;
using Casemate.Node.Dra;
using Casemate.Node.Health;
using Casemate.Node.Ledger;

namespace Casemate.Node.Description;

/// <summary>The JSON form of a running agent: the member <c>agent</c> of a description.</summary>
internal static class RunningAgentJson
{
    public static void Write(Utf8JsonWriter json, RunningAgent agent)
    {
        var state = agent.State;
        json.WriteStartObject("agent");
        json.WriteString("node", agent.NodeName);
        json.WriteBoolean("ready", agent.WhyNotReady is null);
        json.WriteString("whyNotReady", agent.WhyNotReady);
        json.WriteString("deferred", state.Deferred);
        json.WriteString("epcLimits", state.EpcLimits);
        WriteHealth(json, state.Health);
        json.WriteStartArray("resources");
        foreach (var resource in state.Resources)
        {
            json.WriteStartObject();
            json.WriteString("name", resource.Name);
            json.WriteNumber("devices", resource.Devices);
            json.WriteNumber("expected", resource.Expected);
            json.WriteNumber("advertised", resource.Advertised);
            json.WriteNumber("listBytes", resource.ListBytes);
            json.WriteBoolean("listed", resource.Listed);
            json.WriteNumber("registrations", resource.Registrations);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteUsage(json, state.Usage);
        WriteDra(json, state.Dra);
        json.WriteEndObject();
    }

    private static void WriteHealth(Utf8JsonWriter json, HardwareHealth health)
    {
        json.WriteStartObject("health");
        json.WriteBoolean("healthy", health.Healthy);
        json.WriteNumber("leakedBytes", health.LeakedBytes);
        json.WriteStartArray("problems");
        foreach (var problem in health.Problems)
        {
            json.WriteStartObject();
            json.WriteString("id", problem.Id.ToString());
            json.WriteString("message", problem.Message);
            json.WriteString("remedy", HealthRemedy.Of(problem.Id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, EpcUsage usage)
    {
        json.WriteStartObject("epc");
        json.WriteNumber("capacityBytes", usage.CapacityBytes);
        json.WriteNumber("usedBytes", usage.UsedBytes);
        json.WriteNumber("freeBytes", usage.FreeBytes);
        json.WriteNumber("overcommittedBytes", usage.OvercommittedBytes);
        json.WriteNumber("holders", usage.Uses.Count);
        json.WriteStartArray("banks");
        foreach (var bank in usage.Banks)
        {
            json.WriteStartObject();
            if (bank.Numa is { } numa)
            {
                json.WriteNumber("numa", numa);
            }
            else
            {
                json.WriteNull("numa");
            }

            json.WriteNumber("capacityBytes", bank.CapacityBytes);
            json.WriteNumber("usedBytes", bank.UsedBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteDra(Utf8JsonWriter json, DraStatus? dra)
    {
        if (dra is null)
        {
            json.WriteNull("dra");
            return;
        }

        json.WriteStartObject("dra");
        json.WriteBoolean("registered", dra.Registered);
        json.WriteString("registrationError", dra.RegistrationError);
        json.WriteNumber("publishedDevices", dra.PublishedDevices);
        json.WriteNumber("generation", dra.Generation);
        json.WriteString("publishProblem", dra.PublishProblem);
        json.WriteNumber("preparedClaims", dra.PreparedClaims);
        json.WriteEndObject();
    }
}
