using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;
using OtherYamlStream = YamlDotNet.RepresentationModel.YamlStream;

namespace Casemate.Kubernetes.Tests;

/// <summary>Objects as YAML that reads back as the same, here and elsewhere.</summary>
public sealed class ManifestWriterTests
{
    public static TheoryData<string> Texts =>
    [
        "plain", "a b", "", " ", "yes", "No", "null", "~", "true", "0644", "1e3", "-1", "+1", ".5", ".inf", "2026-03-01", "a: b", "a #b", "a:",
        "#a", "&a", "*a", "!a", "|", ">", "- a", "? a", "%a", "@a", "`a", "{a}", "[a]", "\"a\"", "'a'", "a\\b", "tab\tin", "line\nline\n",
        "line\nline", "line\n\nline\n", "line\n\n", "\nline", " line\nline", "line\r\nline", "a\n   \nb", "trailing \nspace", "\u0001", "\u007f",
        "\u0085", "\u2028", "\ufeff", "\u00e9", "\U0001F600", "\u202e", "=", "<<", "x=y", "registry.example/a/b:1.0@sha256:00", "--flag=1",
        "https://[::1]:443/path?a=b", "a, b", "sh -c 'exit 0'", "\"quoted\" in\nlines\n", "# not a comment\nbut text", "---", "...", "---\n...\n",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Reads_BackTheSame_HereAndWithAnotherReader(string text)
    {
        var value = KubeObject.From(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "a" },
            ["data"] = new JsonObject { ["key"] = text, ["list"] = new JsonArray(text, new JsonObject { ["in"] = text }) },
        });

        var yaml = ManifestWriter.Write(value);

        Assert.True(JsonElement.DeepEquals(value.Json, Assert.Single(ManifestReader.Parse(yaml)).Json), yaml);
        var stream = new OtherYamlStream();
        stream.Load(new StringReader(yaml));
        var data = (YamlMappingNode)stream.Documents[0].RootNode["data"];
        Assert.Equal(text, ((YamlScalarNode)data["key"]).Value);
    }

    [Fact]
    public void Reads_BackTheSame_WhateverTheKeys_AndShapes()
    {
        var value = KubeObject.Parse(Encoding.UTF8.GetBytes(
            """
            {"apiVersion":"v1","kind":"X","metadata":{"name":"a","labels":{}},"e":[],"n":null,"y":1,"on":{"a/b":[[1,[2,{}]],[],[[{"a":[{"b":1}]}]]]},
             "0":-1.5e3,"":true,"a: b":false,"- x":{"y":[{"z":{"w":"v"}},{"a":1,"b":2}]}}
            """));

        var yaml = ManifestWriter.Write([value, value]);

        Assert.All(ManifestReader.Parse(yaml), one => Assert.True(JsonElement.DeepEquals(value.Json, one.Json), yaml));
        Assert.Equal(2, ManifestReader.Parse(yaml).Count);
    }

    [Fact]
    public void Writes_AsPeopleWriteIt()
    {
        var value = KubeObject.Parse(Encoding.UTF8.GetBytes(
            """
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"app.kubernetes.io/name":"casemate"}},
             "data":{"run.sh":"#!/bin/sh\nexit 0\n"},"list":[{"name":"x","args":["--a","1"]},"plain"]}
            """));

        Assert.Equal(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: a
              labels:
                app.kubernetes.io/name: casemate
            data:
              run.sh: |
                #!/bin/sh
                exit 0
            list:
            - name: x
              args:
              - "--a"
              - "1"
            - plain

            """.ReplaceLineEndings("\n"),
            ManifestWriter.Write(value));
    }
}
