using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Rpc.Tests.Wire;
using Casemate.Testing;
using Google.Protobuf;
using static Casemate.Rpc.Tests.Wire.RawConnection;

namespace Casemate.Rpc.Tests;

/// <summary>Frames and messages as programs see them that know nothing of ours: curl (HTTP/2 of nghttp2) and protoc.</summary>
public sealed class IndependentPeerTests
{
    private static async Task<(string Headers, byte[] Body)> CurlAsync(RpcFixture fixture, string path, byte[] body, params string[] more)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("request"), body);
        var result = await ChildProgram.RunAsync(
            "curl",
            [
                "--silent", "--show-error", "--http2-prior-knowledge", "--unix-socket", fixture.SocketPath,
                "--header", "content-type: application/grpc", "--header", "te: trailers", .. more,
                "--data-binary", "@" + directory.File("request"), "--dump-header", directory.File("headers"),
                "--output", directory.File("answer"), "http://localhost" + path,
            ]);
        Assert.Equal(("", 0), (result.Error, result.ExitCode));
        var answer = File.Exists(directory.File("answer")) ? await File.ReadAllBytesAsync(directory.File("answer")) : [];
        return (await File.ReadAllTextAsync(directory.File("headers")), answer);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("%2Fvar%2Flib%2Fkubelet%2Fdevice-plugins%2Fp.sock")]
    [InlineData("/var/lib/kubelet/device-plugins/p.sock")]
    public async Task Curl_ReadsMessageAndTrailers(string authority)
    {
        await using var fixture = await RpcFixture.StartAsync();
        var request = new AllocateRequest { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { "sgx_enclave" } } } };

        var (headers, body) = await CurlAsync(
            fixture, KubeletMethods.Allocate, MessageOf(request.ToByteArray()), "--header", "host: " + authority);

        Assert.StartsWith("HTTP/2 200", headers, StringComparison.Ordinal);
        Assert.Contains("content-type: application/grpc\r\n", headers, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\ngrpc-status: 0\r\n", headers, StringComparison.Ordinal);
        Assert.Equal(0, body[0]);
        Assert.Equal(
            """
            1 {
              3 {
                2: "/dev/sgx_enclave"
                3: "rw"
              }
            }

            """,
            await Protoc.DecodeRawAsync(body[5..]));
    }

    [Fact]
    public async Task Curl_ReadsAnErrorInTheHeaders()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.Allocate = (_, _) => throw new RpcException(RpcStatus.ResourceExhausted, "4 MiB für 8");

        var (headers, body) = await CurlAsync(fixture, KubeletMethods.Allocate, MessageOf([]));

        Assert.Contains("\r\ngrpc-status: 8\r\n", headers, StringComparison.Ordinal);
        Assert.Contains("\r\ngrpc-message: 4 MiB f%C3%BCr 8\r\n", headers, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", headers, StringComparison.Ordinal);
        Assert.Empty(body);
    }

    [Fact]
    public async Task Protoc_ReadsWhatTheClientSends()
    {
        var request = new RegisterRequest
        {
            Version = "v1beta1",
            Endpoint = "casemate.sock",
            ResourceName = "sgx.intel.com/epc",
            Options = new DevicePluginOptions { GetPreferredAllocationAvailable = true },
        };
        using var server = new RawServer();
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = server.SocketPath });
        var call = client.CallAsync(KubeletMethods.Register, request, Empty.Parser, TaskPatience.Limit, CancellationToken.None);
        var (connection, body) = await server.AnswerAsync(
            RawServer.Begin(), DataOf(MessageOf([]), end: false), RawServer.End(("grpc-status", "0")));
        using var _ = connection;
        await call;

        Assert.Equal(
            """
            1: "v1beta1"
            2: "casemate.sock"
            3: "sgx.intel.com/epc"
            4 {
              2: 1
            }

            """,
            await Protoc.DecodeRawAsync(body[5..]));
    }

    [Fact]
    public async Task Protoc_ReadsAListThatWroteItself()
    {
        await using var fixture = await RpcFixture.StartAsync();
        fixture.ListAndWatch = (stream, _) => stream.WriteEncodedAsync(new TwoDevices()).AsTask();

        var (_, body) = await CurlAsync(fixture, KubeletMethods.ListAndWatch, MessageOf([]));

        Assert.Equal(
            """
            devices {
              ID: "0"
              health: "Healthy"
            }
            devices {
              ID: "1"
              health: "Healthy"
            }

            """,
            await Protoc.DecodeAsync(body[5..], "v1beta1.ListAndWatchResponse", "deviceplugin.proto"));
    }

    // The numbers of the fields, written here once more by hand from the published interfaces.
    [Fact]
    public async Task TheFieldNumbers_AreThoseOfTheKubelet()
    {
        Assert.Equal(
            "1 {\n  1: \"uid\"\n  2 {\n    1 {\n      1: \"epc\"\n      2: \"n1\"\n      3: \"dev-0\"\n      4: \"casemate.dev/sgx=x\"\n      5: \"s\"\n    }\n    2: \"e\"\n  }\n}\n",
            await Protoc.DecodeRawAsync(new Kubelet.Dra.NodePrepareResourcesResponse
            {
                Claims =
                {
                    ["uid"] = new Kubelet.Dra.NodePrepareResourceResponse
                    {
                        Error = "e",
                        Devices =
                        {
                            new Kubelet.Dra.Device
                            {
                                RequestNames = { "epc" }, PoolName = "n1", DeviceName = "dev-0",
                                CdiDeviceIds = { "casemate.dev/sgx=x" }, ShareId = "s",
                            },
                        },
                    },
                },
            }.ToByteArray()));
        Assert.Equal(
            "1 {\n  1: \"ns\"\n  2: \"uid\"\n  3: \"name\"\n}\n",
            await Protoc.DecodeRawAsync(new Kubelet.Dra.NodeUnprepareResourcesRequest
            {
                Claims = { new Kubelet.Dra.Claim { Namespace = "ns", Uid = "uid", Name = "name" } },
            }.ToByteArray()));
        Assert.Equal(
            "1: \"DRAPlugin\"\n2: \"sgx.casemate.dev\"\n3: \"/p/dra.sock\"\n4: \"v1.DRAPlugin\"\n",
            await Protoc.DecodeRawAsync(new Kubelet.Registration.PluginInfo
            {
                Type = "DRAPlugin",
                Name = "sgx.casemate.dev",
                Endpoint = "/p/dra.sock",
                SupportedVersions = { "v1.DRAPlugin" },
            }.ToByteArray()));
        Assert.Equal(
            "1 {\n  1 {\n    1: \"n1\"\n    2: \"dev-0\"\n  }\n  2: 2\n  3: 1000\n  4: 30\n  5: \"leak\"\n}\n",
            await Protoc.DecodeRawAsync(new Kubelet.DraHealth.NodeWatchResourcesResponse
            {
                Devices =
                {
                    new Kubelet.DraHealth.DeviceHealth
                    {
                        Device = new Kubelet.DraHealth.DeviceIdentifier { PoolName = "n1", DeviceName = "dev-0" },
                        Health = Kubelet.DraHealth.HealthStatus.Unhealthy, LastUpdatedTime = 1000, HealthCheckTimeoutSeconds = 30, Message = "leak",
                    },
                },
            }.ToByteArray()));
        Assert.Equal(
            "1 {\n  1: \"pod\"\n  2: \"ns\"\n  3 {\n    1: \"c\"\n    2 {\n      1: \"sgx.intel.com/epc\"\n      2: \"7\"\n      3 {\n        1 {\n          1: 1\n        }\n      }\n    }\n  }\n}\n",
            await Protoc.DecodeRawAsync(new Kubelet.PodResources.ListPodResourcesResponse
            {
                PodResources =
                {
                    new Kubelet.PodResources.PodResources
                    {
                        Name = "pod", Namespace = "ns",
                        Containers =
                        {
                            new Kubelet.PodResources.ContainerResources
                            {
                                Name = "c",
                                Devices =
                                {
                                    new Kubelet.PodResources.ContainerDevices
                                    {
                                        ResourceName = "sgx.intel.com/epc", DeviceIds = { "7" },
                                        Topology = new Kubelet.PodResources.TopologyInfo { Nodes = { new Kubelet.PodResources.NUMANode { ID = 1 } } },
                                    },
                                },
                            },
                        },
                    },
                },
            }.ToByteArray()));
    }

    private sealed class TwoDevices : IRpcEncodedMessage
    {
        private static readonly byte[] Bytes = new ListAndWatchResponse
        {
            Devices = { new Device { ID = "0", Health = "Healthy" }, new Device { ID = "1", Health = "Healthy" } },
        }.ToByteArray();

        private int _written;

        public int Length => Bytes.Length;

        // One byte at a time, the smallest piece that is allowed.
        public void WriteNext(System.Buffers.IBufferWriter<byte> output)
        {
            output.GetSpan(1)[0] = Bytes[_written++];
            output.Advance(1);
        }
    }
}
