using System.Text.Json.Nodes;

namespace Casemate.KataPolicy.Tests;

/// <summary>Requests that concern the sandbox, files, network and further processes.</summary>
public sealed class OtherRequestsRulesTests
{
    private const string Id = "81e5f43bc8599c5661e66f959ac28df5bfb30da23c5d583f2dcc6f9e0c5186dc";
    private const string Shared = "/run/kata-containers/shared/containers/" + Id + "-ce23cfeb91e75aaa-";
    private static readonly TriedPolicy s_web = new(SamplePolicies.Web);

    [Theory]
    [InlineData("hooks", "guest_hook_path", "\"/x\"")]
    [InlineData("kernel modules", "kernel_modules", "[{\"name\":\"evil.ko\"}]")]
    [InlineData("process namespace", "sandbox_pidns", "true")]
    [InlineData("storages", "storages", "[]")]
    [InlineData("names", "dns", "[\"nameserver 1.1.1.1\\nx\"]")]
    public void Refuses_ASandboxOfAnotherKind(string check, string field, string value) =>
        s_web.Refuses("CreateSandboxRequest", 0, check, body => body[field] = JsonNode.Parse(value));

    [Theory]
    [InlineData(true, Shared + "resolv.conf")]
    [InlineData(true, Shared + "foo../bar")]
    [InlineData(false, "/etc/ssl/cert.pem")]
    [InlineData(false, "/run/kata-containers/shared/containers/" + Id + "/rootfs/bin/sh")]
    [InlineData(false, "/run/kata-containers/" + Id + "/rootfs/bin/sh")]
    [InlineData(false, Shared + "foo/../../../../../etc/ssl/cert.pem")]
    [InlineData(false, Shared + "foo/..")]
    [InlineData(false, "etc/ssl/cert.pem")]
    [InlineData(false, "..")]
    public void Decides_WhereFilesMayBeCopied(bool allowed, string path) =>
        Assert.Equal(allowed, s_web.Decide("CopyFileRequest", 0, body => body["path"] = path).Allowed);

    [Theory]
    [InlineData(true, Shared + "config/..data", "..2024_01_01")]
    [InlineData(false, Shared + "config", "..2024_01_01")]
    [InlineData(false, Shared + "config/..data", "/etc")]
    [InlineData(false, Shared + "config/..data", "a/../../b")]
    public void Decides_WhereLinksMayPoint(bool allowed, string path, string target) =>
        Assert.Equal(allowed, s_web.Decide("CopyFileRequest", 0, body =>
        {
            (body["path"], body["file_type"], body["symlink_target"]) = (path, "Symlink", target);
        }).Allowed);

    [Theory]
    [InlineData(0x89ED)]
    [InlineData(0x85ED)]
    public void Refuses_FilesThatLendRights(int mode) =>
        s_web.Refuses("CopyFileRequest", 0, "path", body => body["file_mode"] = mode);

    [Theory]
    [InlineData("name", "\"lo\"")]
    [InlineData("device", "\"lo\"")]
    [InlineData("hwAddr", "\"00:00:00:00:00:00\"")]
    [InlineData("raw_flags", "64")]
    public void Refuses_InterfacesThatAreForbidden(string field, string value) =>
        s_web.Refuses("UpdateInterfaceRequest", 0, "interface", body => body["interface"]![field] = JsonNode.Parse(value));

    [Theory]
    [InlineData("device", "lo")]
    [InlineData("source", "127.0.0.1")]
    [InlineData("source", "::1")]
    [InlineData("source", "00::001")]
    public void Refuses_RoutesThatAreForbidden(string field, string value) =>
        s_web.Refuses("UpdateRoutesRequest", 0, "routes", body => body["routes"]!["Routes"]![0]![field] = value);

    [Theory]
    [InlineData("device", "\"lo\"")]
    [InlineData("state", "0")]
    [InlineData("flags", "5")]
    public void Refuses_NeighboursThatAreForbidden(string field, string value) => s_web.Refuses(
        "AddARPNeighborsRequest", 0, "neighbours", body => body["neighbors"]!["ARPNeighbors"]![0]![field] = JsonNode.Parse(value));

    [Fact]
    public void Refuses_ANeighbourAtTheLoopBack() => s_web.Refuses(
        "AddARPNeighborsRequest", 0, "neighbours", body =>
            body["neighbors"]!["ARPNeighbors"]![0]!["toIPAddress"]!["address"] = "127.1.2.3");

    [Theory]
    [InlineData("command", "Args", "[\"/bin/sh\"]")]
    [InlineData("command", "Terminal", "true")]
    [InlineData("field", "Cwd", "\"/\"")]
    [InlineData("field", "ApparmorProfile", "\"x\"")]
    [InlineData("environment", "Env", "[]")]
    public void Refuses_ProcessesThatAreNotThePolicys(string check, string field, string value) =>
        s_web.Refuses("ExecProcessRequest", 0, check, body => body["process"]![field] = JsonNode.Parse(value));

    [Fact]
    public void Refuses_AProbeInAnotherContainer() => s_web.Refuses(
        "ExecProcessRequest", 0, "command", body =>
            body["container_id"] = s_web.Next("CreateContainerRequest").Request.Body["container_id"]!.DeepClone());

    [Fact]
    public void Accepts_CommandsThatAreWrittenDown()
    {
        var tried = new TriedPolicy(SamplePolicies.Web with
        {
            RequestDefaults = new RequestDefaults
            {
                ExecProcess = new ExecProcessDefaults
                {
                    AllowedCommands = [["ls", "-l"]],
                    Regex = ["cat /tmp/[a-z]+"]
                }
            },
        });
        Assert.True(tried.Decide("ExecProcessRequest", 0, body => body["process"]!["Args"] = new JsonArray("ls", "-l")).Allowed);
        Assert.True(tried.Decide("ExecProcessRequest", 0, body => body["process"]!["Args"] = new JsonArray("cat", "/tmp/x")).Allowed);
        Assert.False(tried.Decide("ExecProcessRequest", 0, body => body["process"]!["Args"] = new JsonArray("cat", "/tmp/x;")).Allowed);
    }

    [Theory]
    [InlineData("ReadStreamRequest")]
    [InlineData("WriteStreamRequest")]
    [InlineData("SetPolicyRequest")]
    [InlineData("GetMetricsRequest")]
    [InlineData("SetGuestDateTimeRequest")]
    [InlineData("ReseedRandomDevRequest")]
    public void Refuses_WhatIsNotWrittenDown(string kind)
    {
        var (_, state) = s_web.Next("StartContainerRequest", 1);
        Assert.False(s_web.Policy.Decide(state, new JsonRequest(kind, []).Read()).Allowed);
    }

    [Fact]
    public void Forgets_WhatWasRemoved_AndNothingElse()
    {
        var (request, state) = s_web.Next("RemoveContainerRequest");
        var removed = s_web.Decided(state, request).State;
        Assert.NotEqual(state.Data, removed.Data);
        Assert.Equal(removed.Data, s_web.Decided(removed, request).State.Data);
    }
}
