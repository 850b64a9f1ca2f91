using System.Text;

namespace Casemate.Oci.Tests.Documents;

/// <summary>Documents as the common tools write them.</summary>
internal static class Samples
{
    public const string Sha = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    public const string Manifest = $$$$"""
        {"schemaVersion":2,"mediaType":"{{{{MediaTypes.Manifest}}}}","config":{"mediaType":"{{{{MediaTypes.Config}}}}","digest":"{{{{Sha}}}}","size":7},
         "layers":[{"mediaType":"{{{{MediaTypes.LayerGzip}}}}","digest":"{{{{Sha}}}}","size":32654,"annotations":{"b":"2","a":"1"}}],
         "annotations":{"org.example.key":"value"}}
        """;

    public const string DockerManifest = $$$$"""
        {"schemaVersion":2,"mediaType":"{{{{MediaTypes.DockerManifest}}}}","config":{"mediaType":"{{{{MediaTypes.DockerConfig}}}}","size":7023,
         "digest":"{{{{Sha}}}}"},"layers":[{"mediaType":"{{{{MediaTypes.DockerLayerGzip}}}}","size":1,"digest":"{{{{Sha}}}}"}]}
        """;

    public const string Index = $$$$"""
        {"schemaVersion":2,"mediaType":"{{{{MediaTypes.Index}}}}","manifests":[
         {"mediaType":"{{{{MediaTypes.Manifest}}}}","digest":"{{{{Sha}}}}","size":1,"platform":{"architecture":"arm64","os":"linux","variant":"v8"}},
         {"mediaType":"{{{{MediaTypes.Manifest}}}}","digest":"{{{{Sha}}}}","size":2,"platform":{"architecture":"amd64","os":"linux","os.version":"1"}}]}
        """;

    public const string Config = $$$$"""
        {"created":"2015-10-31T22:22:56.015925234Z","author":"A <a@example.com>","architecture":"amd64","os":"linux","docker_version":"20.10",
         "config":{"User":"65532","ExposedPorts":{"8080/tcp":{}},"Env":["PATH=/bin","FOO=a=b"],"Entrypoint":["/bin/app"],"Cmd":["-f"],
          "Volumes":{"/var/job":{}},"WorkingDir":"/home","Labels":{"z":"1","a":"<2>"},"StopSignal":"SIGQUIT",
          "Healthcheck":{"Test":["CMD","true"],"Interval":30000000000}},
         "rootfs":{"type":"layers","diff_ids":["{{{{Sha}}}}","{{{{Sha}}}}"]},
         "history":[{"created":"2015-10-31T22:22:54Z","created_by":"/bin/sh -c #(nop) ADD file"},{"created_by":"CMD","empty_layer":true}]}
        """;

    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
