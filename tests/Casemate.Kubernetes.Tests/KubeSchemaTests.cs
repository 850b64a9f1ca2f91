using Casemate.Testing.Kubernetes;

namespace Casemate.Kubernetes.Tests;

/// <summary>The schema by which manifests are judged finds nothing in one that conforms, and says of any other where and what is wrong.</summary>
public sealed class KubeSchemaTests
{
    private const string Deployment =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, labels: {app.kubernetes.io/name: web}, finalizers: [a.example/a, a.example/b]}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 25%}}
          template:
            metadata: {labels: {app: web}, annotations: }
            spec:
              imagePullSecrets: [{name: pull}]
              containers:
              - name: web
                image: registry.example/web:1
                imagePullPolicy: IfNotPresent
                args: [--verbose]
                env: [{name: A, value: "1"}, {name: B}]
                ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]
                resources: {limits: {memory: 64Mi, cpu: 1}}
                livenessProbe: {httpGet: {port: http}}
                securityContext: {privileged: false}
              - name: side
                image: registry.example/side:1
        """;

    public static TheoryData<string, string, string> Mistakes => new()
    {
        // A field that there is not, at the top, deep inside, and with the wrong case.
        { "spec:\n  replicas", "specs: {}\nspec:\n  replicas", "specs: Kubernetes 1.36 has no such field" },
        { "args:", "arguments:", "spec.template.spec.containers[0].arguments: Kubernetes 1.36 has no such field" },
        { "matchLabels", "matchlabels", "spec.selector.matchlabels: Kubernetes 1.36 has no such field" },

        // Another scalar.
        { "app.kubernetes.io/name: web", "app.kubernetes.io/name: 1", "metadata.labels[app.kubernetes.io/name] is 1, not a string" },
        { "value: \"1\"", "value: 1", "spec.template.spec.containers[0].env[0].value is 1, not a string" },
        { "[--verbose]", "[5]", "spec.template.spec.containers[0].args[0] is 5, not a string" },
        { "[--verbose]", "[null]", "spec.template.spec.containers[0].args[0] is null, not a string" },
        { "replicas: 2", "replicas: \"2\"", "spec.replicas is \"2\", not an integer" },
        { "replicas: 2", "replicas: 2.5", "spec.replicas is 2.5, not an integer" },
        {
            "privileged: false", "privileged: \"false\"",
            "spec.template.spec.containers[0].securityContext.privileged is \"false\", not a boolean"
        },
        { "memory: 64Mi", "memory: 64MB", "spec.template.spec.containers[0].resources.limits[memory] is \"64MB\", not a quantity" },
        { "memory: 64Mi", "memory: true", "spec.template.spec.containers[0].resources.limits[memory] is true, not a quantity" },
        { "maxSurge: 1", "maxSurge: 1.5", "spec.strategy.rollingUpdate.maxSurge is 1.5, neither an integer nor a string" },
        {
            "IfNotPresent", "ifNotPresent",
            "spec.template.spec.containers[0].imagePullPolicy is \"ifNotPresent\", not one of Always, IfNotPresent, Never"
        },
        { "IfNotPresent", "[Always]", "spec.template.spec.containers[0].imagePullPolicy is [\"Always\"], not one of its words" },

        // Another shape.
        { "[--verbose]", "--verbose", "spec.template.spec.containers[0].args is \"--verbose\", not a list" },
        { "{limits: {memory: 64Mi, cpu: 1}}", "[]", "spec.template.spec.containers[0].resources is [], not an object" },
        { "{memory: 64Mi, cpu: 1}", "64Mi", "spec.template.spec.containers[0].resources.limits is \"64Mi\", not a map" },

        // What is there twice, and what is not there.
        { "name: side", "name: web", "spec.template.spec.containers[1]: name \"web\" is there twice" },
        { "{name: B}", "{name: A}", "spec.template.spec.containers[0].env[1]: name \"A\" is there twice" },
        { ", protocol: UDP", "", "spec.template.spec.containers[0].ports[1]: containerPort 53, protocol \"TCP\" is there twice" },
        { "a.example/b", "a.example/a", "metadata.finalizers[1]: \"a.example/a\" is there twice" },
        { "[{name: pull}]", "[{}]", "spec.template.spec.imagePullSecrets[0] has no name" },
        { "- name: side\n        image", "- image", "spec.template.spec.containers[1].name is missing" },
        { "selector: {matchLabels: {app: web}}", "selector:", "spec.selector is missing" },
    };

    [Fact]
    public void WhatConforms_HasNoProblem()
    {
        Assert.Empty(KubeSchema.Oldest.ProblemsOf(Parse(Deployment)));
        Assert.Empty(KubeSchema.Newest.ProblemsOf(Parse(Deployment)));
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void WhatDoesNotConform_IsSaid_WithItsPlace(string text, string other, string problem)
    {
        Assert.Contains(text, Deployment, StringComparison.Ordinal);

        var said = KubeSchema.Newest.ProblemsOf(Parse(Deployment.Replace(text, other, StringComparison.Ordinal)));

        Assert.Equal($"Deployment shop/web: {problem}", Assert.Single(said));
    }

    [Fact]
    public void AKind_IsOfItsVersion()
    {
        const string Class = "apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: epc}\nspec: {}\n";

        Assert.Empty(KubeSchema.Newest.ProblemsOf(Parse(Class)));
        Assert.Equal(
            "DeviceClass epc: Kubernetes 1.32 has no such kind in resource.k8s.io/v1",
            Assert.Single(KubeSchema.Oldest.ProblemsOf(Parse(Class))));
    }

    private static KubeObject Parse(string text) => Assert.Single(ManifestReader.Parse(text));
}
