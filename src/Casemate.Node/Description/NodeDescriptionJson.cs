using System.Text.Json;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Primitives;

namespace Casemate.Node.Description;

/// <summary>The JSON form of a description. Amounts are bytes, unless the name says otherwise.</summary>
internal static class NodeDescriptionJson
{
    public static void WriteMembers(Utf8JsonWriter json, NodeDescription description)
    {
        var hardware = description.Hardware;
        json.WriteString("apiVersion", ApiVersion.V1);
        json.WriteString("kind", "NodeDescription");
        json.WriteString("machine", hardware.Machine);
        json.WriteString("title", description.Title);
        json.WriteBoolean("simulated", hardware.Simulated);
        json.WriteBoolean("virtualMachine", hardware.VirtualMachine);
        WriteSgx(json, hardware.Sgx);
        if (description.Enforcement is { } enforcement)
        {
            json.WriteStartObject("epcEnforcement");
            json.WriteString("state", enforcement.State.ToString());
            json.WriteString("message", enforcement.Message);
            json.WriteEndObject();
        }

        WriteSnp(json, hardware);
        WriteTdx(json, hardware);
        json.WriteBoolean("configfsTsm", hardware.ConfigfsTsm);
        json.WriteStartObject("miscCapacity");
        foreach (var amount in hardware.MiscCapacity)
        {
            json.WriteNumber(amount.Resource, amount.Value);
        }

        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (var finding in hardware.Findings)
        {
            json.WriteStartObject();
            json.WriteString("id", finding.Id.ToString());
            json.WriteString("severity", finding.Severity.ToString());
            json.WriteString("message", finding.Message);
            json.WriteString("remedy", finding.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WritePlan(json, description.Plan);
        if (description.Agent is { } agent)
        {
            RunningAgentJson.Write(json, agent);
        }
    }

    private static void WriteSgx(Utf8JsonWriter json, SgxHardware? sgx)
    {
        if (sgx is null)
        {
            json.WriteNull("sgx");
            return;
        }

        json.WriteStartObject("sgx");
        json.WriteString("driver", sgx.Driver.ToString());
        json.WriteBoolean("usable", sgx.Usable);
        json.WriteBoolean("sgx1", sgx.Sgx1);
        json.WriteBoolean("sgx2", sgx.Sgx2);
        json.WriteBoolean("flexibleLaunchControl", sgx.FlexibleLaunchControl);
        WriteNode(json, "enclave", sgx.Enclave);
        WriteNode(json, "provision", sgx.Provision);
        WriteGiven(json, "enclaveDevices", sgx.EnclaveDevices);
        WriteGiven(json, "provisionDevices", sgx.ProvisionDevices);
        json.WriteString("epcSource", sgx.EpcSource.ToString());
        json.WriteNumber("epcBytes", sgx.EpcBytes);
        json.WriteStartArray("banks");
        foreach (var bank in sgx.Banks)
        {
            json.WriteStartObject();
            WriteNuma(json, bank.Numa);
            json.WriteNumber("bytes", bank.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("cpuidSections");
        foreach (var section in sgx.CpuidSections)
        {
            json.WriteStartObject();
            json.WriteString("base", $"0x{section.Base:x}");
            json.WriteNumber("bytes", section.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNumber(json, "cgroupCapacityBytes", sgx.CgroupCapacityBytes);
        json.WriteBoolean("enforcementPossible", sgx.EnforcementPossible);
        json.WriteEndObject();
    }

    private static void WriteSnp(Utf8JsonWriter json, NodeHardware hardware)
    {
        if (hardware.SnpHost is { } host)
        {
            json.WriteStartObject("snpHost");
            json.WriteBoolean("usable", host.Usable);
            WriteNode(json, "firmware", host.Firmware);
            json.WriteBoolean("sev", host.Sev);
            json.WriteBoolean("sevEs", host.SevEs);
            json.WriteBoolean("sevSnp", host.SevSnp);
            WriteNumber(json, "sevAsids", host.SevAsids);
            WriteNumber(json, "sevEsAsids", host.SevEsAsids);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("snpHost");
        }

        WriteGuest(json, "snpGuest", hardware.SnpGuest is not null, hardware.SnpGuest?.Device);
    }

    private static void WriteTdx(Utf8JsonWriter json, NodeHardware hardware)
    {
        if (hardware.TdxHost is { } host)
        {
            json.WriteStartObject("tdxHost");
            json.WriteBoolean("usable", host.Usable);
            json.WriteBoolean("enabled", host.Enabled);
            WriteNumber(json, "keyIds", host.KeyIds);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("tdxHost");
        }

        WriteGuest(json, "tdxGuest", hardware.TdxGuest is not null, hardware.TdxGuest?.Device);
    }

    private static void WriteGuest(Utf8JsonWriter json, string name, bool present, DeviceNode? device)
    {
        if (!present)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        WriteNode(json, "device", device);
        json.WriteEndObject();
    }

    private static void WritePlan(Utf8JsonWriter json, AdvertisementPlan plan)
    {
        json.WriteStartObject("plan");
        json.WriteString("frontEnd", plan.FrontEnd.ToString());
        json.WriteString("epcResource", plan.Family?.Name);
        json.WriteNumber("availableBytes", plan.AvailableBytes);
        json.WriteNumber("advertisedBytes", plan.AdvertisedBytes);
        json.WriteStartArray("banks");
        foreach (var bank in plan.Banks)
        {
            json.WriteStartObject();
            WriteNuma(json, bank.Numa);
            json.WriteNumber("totalBytes", bank.TotalBytes);
            json.WriteNumber("reserveBytes", bank.ReserveBytes);
            json.WriteNumber("availableBytes", bank.AvailableBytes);
            json.WriteNumber("advertisedBytes", bank.AdvertisedBytes);
            json.WriteNumber("devices", bank.Devices);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("resources");
        foreach (var resource in plan.Resources)
        {
            json.WriteStartObject();
            json.WriteString("name", resource.Name);
            json.WriteString("carrier", resource.Carrier.ToString());
            json.WriteNumber("count", resource.Count);
            json.WriteNumber("granuleBytes", resource.GranuleBytes);
            if (resource.Carrier is ResourceCarrier.DevicePlugin)
            {
                json.WriteNumber("listBytes", resource.ListBytes);
                json.WriteNumber("worstListBytes", resource.WorstListBytes);
                json.WriteNumber("listLimitBytes", Resources.DeviceListSize.Limit);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("labels");
        foreach (var label in plan.Labels)
        {
            json.WriteString(label.Key, label.Value);
        }

        json.WriteEndObject();
        WriteStrings(json, "taints", plan.Taints.Select(taint => taint.ToString()));
        WriteStrings(json, "reasons", plan.Reasons);
        json.WriteStartArray("notOffered");
        foreach (var cut in plan.Cuts)
        {
            json.WriteStartObject();
            json.WriteString("what", cut.What);
            json.WriteNumber("bytes", cut.Bytes);
            json.WriteString("reason", cut.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, string name, DeviceNode? node)
    {
        if (node is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("path", node.Path);
        json.WriteString("realPath", node.RealPath);
        json.WriteNumber("major", node.Major);
        json.WriteNumber("minor", node.Minor);
        json.WriteString("mode", DeviceText.Mode(node));
        json.WriteNumber("gid", node.Gid);
        json.WriteEndObject();
    }

    private static void WriteGiven(Utf8JsonWriter json, string name, ValueList<ContainerDevice> devices)
    {
        json.WriteStartArray(name);
        foreach (var device in devices)
        {
            json.WriteStartObject();
            json.WriteString("hostPath", device.HostPath);
            json.WriteString("containerPath", device.ContainerPath);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNuma(Utf8JsonWriter json, int? numa) => WriteNumber(json, "numa", numa);

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
