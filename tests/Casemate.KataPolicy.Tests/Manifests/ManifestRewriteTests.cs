using System.Text;
using Casemate.KataPolicy.Manifests;

namespace Casemate.KataPolicy.Tests.Manifests;

public sealed class ManifestRewriteTests
{
    private const string Key = PolicyAnnotation.Initdata;

    [Fact]
    public void Adds_MetadataAndAnnotations_BeforeTheFirstFieldOfTheTemplate()
    {
        const string yaml = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web  # the name\nspec:\n  template:\n    spec:\n"
            + "      containers:\n      - {name: a, image: b}\n";

        Assert.Equal(
            yaml.Replace("    spec:\n", $"    metadata:\n      annotations:\n        {Key}: \"POLICY=\"\n    spec:\n", StringComparison.Ordinal),
            Manifest.Annotated(yaml));
    }

    [Fact]
    public void Adds_Annotations_ToMetadataThatHasNone()
    {
        const string yaml = "apiVersion: v1\nkind: Pod\nmetadata:\n    # which\n    generateName: web-\nspec:\n  containers: [{name: a, image: b}]\n";

        Assert.Equal(
            yaml.Replace("generateName", $"annotations:\n      {Key}: \"POLICY=\"\n    generateName", StringComparison.Ordinal),
            Manifest.Annotated(yaml));
    }

    [Fact]
    public void Adds_TheAnnotation_BesideOthers_AndKeepsCommentsAndCarriageReturns()
    {
        const string yaml = "apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: web\r\n  annotations: # ours\r\n    a/b: 'c' # why\r\n"
            + "spec:\r\n  containers:\r\n  - name: a\r\n    image: b\r\n";

        Assert.Equal(yaml.Replace("a/b:", $"{Key}: \"POLICY=\"\r\n    a/b:", StringComparison.Ordinal), Manifest.Annotated(yaml));
    }

    [Theory]
    [InlineData("annotations:\n", "annotations: {\"K\": \"POLICY=\"}\n")]
    [InlineData("annotations: # none\n", "annotations: {\"K\": \"POLICY=\"} # none\n")]
    [InlineData("annotations: null\n", "annotations: {\"K\": \"POLICY=\"}\n")]
    [InlineData("annotations: ~ # none\n", "annotations: {\"K\": \"POLICY=\"} # none\n")]
    [InlineData("annotations: {}\n", "annotations: {\"K\": \"POLICY=\"}\n")]
    [InlineData("annotations: {a: b}\n", "annotations: {\"K\": \"POLICY=\", a: b}\n")]
    [InlineData("annotations: {\n    a: b,\n  }\n", "annotations: {\n    \"K\": \"POLICY=\",\n    a: b,\n  }\n")]
    [InlineData("annotations:\n    K: old\n", "annotations:\n    K: \"POLICY=\"\n")]
    [InlineData("annotations:\n    K: |\n      old\n      older\n    z: z\n", "annotations:\n    K: \"POLICY=\"\n    z: z\n")]
    [InlineData("annotations:\n    K: >-\n      old\n\n", "annotations:\n    K: \"POLICY=\"\n\n")]
    [InlineData("annotations:\n    K:\n    z: z\n", "annotations:\n    K: \"POLICY=\"\n    z: z\n")]
    [InlineData("annotations:\n    O: old # gone\n    z: z\n", "annotations:\n    K: \"POLICY=\" # gone\n    z: z\n")]
    [InlineData("annotations:\n    O: old # gone\n    K: old # kept\n", "annotations:\n    K: \"POLICY=\" # kept\n")]
    [InlineData("annotations:\n    K: old # kept\n    O: |\n      old\n    # about z\n    z: z\n", "annotations:\n    K: \"POLICY=\" # kept\n    # about z\n    z: z\n")]
    [InlineData("annotations: {K: old, O: old}\n", "annotations: {K: \"POLICY=\"}\n")]
    [InlineData("annotations: {O: old, K: old}\n", "annotations: {K: \"POLICY=\"}\n")]
    [InlineData("labels: &l {a: b}\n  annotations: *l\n", "labels: &l {a: b}\n  annotations: {<<: *l, \"K\": \"POLICY=\"}\n")]
    [InlineData("labels: &l {a: b}\n  annotations:\n    <<: *l\n    c: d\n", "labels: &l {a: b}\n  annotations:\n    K: \"POLICY=\"\n    <<: *l\n    c: d\n")]
    [InlineData("annotations: &n\n    a: b\n", "annotations: &n\n    K: \"POLICY=\"\n    a: b\n")]
    [InlineData("annotations:\n    \"a\": \"b\"\n", "annotations:\n    K: \"POLICY=\"\n    \"a\": \"b\"\n")]
    [InlineData("annotations:\n    long: one\n      two\n      # said\n    z: é😀\n", "annotations:\n    K: \"POLICY=\"\n    long: one\n      two\n      # said\n    z: é😀\n")]
    public void Writes_IntoEveryFormOfAnnotations(string before, string after)
    {
        string Named(string text) => text.Replace("K", Key, StringComparison.Ordinal)
            .Replace("O:", PolicyAnnotation.AgentPolicy + ":", StringComparison.Ordinal).Replace("POLICY=", "POLICY=", StringComparison.Ordinal);
        string Pod(string metadata) =>
            $"# é😀\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  {metadata}spec:\n  containers: [{{name: a, image: b}}]\n---\nkind: X\napiVersion: y/v1\n";

        Assert.Equal(
            Pod(Named(after.Replace("POLICY=", "P", StringComparison.Ordinal))),
            Manifest.Annotated(Pod(Named(before)), value: "P"));
    }

    [Fact]
    public void Keeps_TheByteOrderMark_AndWhatStandsAroundDocuments()
    {
        const string yaml = "\uFEFF%YAML 1.1\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: b}]}\n...\n# end";

        Assert.Equal(yaml.Replace("{name: web}", $"{{\"annotations\": {{\"{Key}\": \"POLICY=\"}}, name: web}}", StringComparison.Ordinal),
            Manifest.Annotated(yaml));
    }

    [Fact]
    public void Writes_Json()
    {
        const string json = "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Pod\",\n\t\"metadata\": {\n\t\t\"name\": \"web\"\n\t},\n"
            + "\t\"spec\": {\"containers\": [{\"name\": \"a\", \"image\": \"b\\/c\"}]}\n}\n";

        Assert.Equal(
            json.Replace("\"name\": \"web\"", $"\"annotations\": {{\"{Key}\": \"POLICY=\"}},\n\t\t\"name\": \"web\"", StringComparison.Ordinal),
            Manifest.Annotated(json));
    }

    [Fact]
    public void Writes_EachItemOfAList_AndTheTemplateOfACronJob()
    {
        const string yaml = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n  spec: {containers: [{name: a, image: b}]}\n"
            + "- kind: CronJob\n  apiVersion: batch/v1\n  metadata: {name: c}\n  spec:\n    schedule: '@daily'\n    jobTemplate:\n      spec:\n"
            + "        template:\n          spec: {containers: [{name: a, image: b}]}\n";

        Assert.Equal(
            yaml.Replace("{name: p}", $"{{\"annotations\": {{\"{Key}\": \"POLICY=\"}}, name: p}}", StringComparison.Ordinal)
                .Replace("          spec: {c", $"          metadata:\n            annotations:\n              {Key}: \"POLICY=\"\n          spec: {{c",
                    StringComparison.Ordinal),
            Manifest.Annotated(yaml));
    }

    [Fact]
    public void Refuses_AnAnnotationsObjectThatAnotherPlaceShares()
    {
        const string yaml = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n"
            + "      annotations: &shared {a: b}\n      labels: *shared\n    spec:\n      containers: [{name: a, image: b}]\n";
        var file = Manifest.Read(yaml);

        var rewrite = file.Rewrite([new WorkloadEdit { Workload = file.Workloads[0], Annotations = [new(Key, "x")] }]);

        Assert.Null(rewrite.Content);
        Assert.Contains("without changing something else", Assert.Single(rewrite.Findings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image: nginx:1.29 # pinned", "image: nginx@sha256:aa # pinned")]
    [InlineData("image: 'nginx:1.29'", "image: \"nginx@sha256:aa\"")]
    [InlineData("image: &i nginx:1.29", "image: &i nginx@sha256:aa")]
    [InlineData("image: >-\n      nginx:1.29", "image: \"nginx@sha256:aa\"")]
    public void Replaces_ImageReferences(string before, string after)
    {
        string Pod(string image) => $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations: {{a: b}}\nspec:\n  containers:\n  - name: a\n    {image}\n    tty: true\n";
        var file = Manifest.Read(Pod(before));

        var rewrite = file.Rewrite(
        [
            new WorkloadEdit { Workload = file.Workloads[0], Images = [new(file.Workloads[0].Pod.Containers[0].Path, "nginx@sha256:aa")] },
        ]);

        Assert.Empty(rewrite.Findings);
        Assert.Equal(
            Pod(after).Replace("{a: b}", "{a: b}", StringComparison.Ordinal), Encoding.UTF8.GetString(rewrite.Content!));
    }
}
