using System.Text.Json.Nodes;
using Casemate.Admission;
using Casemate.Kubernetes;

namespace Casemate.Addon.Manifests;

/// <summary>The admission webhook. Source of its rights: docs/webhook.md, "What it may do".</summary>
internal static class WebhookManifests
{
    private const string Account = AddonOptions.SystemNamespace + "/casemate-webhook";

    /// <summary>In the order in which they are applied, up to what runs and what asks it, which come last.</summary>
    public static IReadOnlyList<ManifestFile> Base { get; } =
    [
        new("webhook/00-namespace.yaml", Namespace),
        new("webhook/10-rbac.yaml", Rights),
        new("webhook/30-network-policy.yaml", NetworkPolicy),
        new("webhook/35-service.yaml", Service),
    ];

    /// <summary>What makes the API server ask it: applied last, so that nothing is asked before somebody can answer.</summary>
    public static IReadOnlyList<ManifestFile> Configurations { get; } =
    [
        new("webhook/50-configurations.yaml", Configuration()),
    ];

    /// <summary>What differs between kinds of clusters.</summary>
    public static IEnumerable<ManifestFile> Own(AddonOptions options) =>
    [
        .. options.HasClaims ? [new ManifestFile("webhook/11-rbac-dra.yaml", ClaimRights)] : (ManifestFile[])[],
        new("webhook/40-deployment.yaml", Deployment(options)),
    ];

    private const string Namespace = $"""
        # Services of the cluster live here; none needs anything of a host.
        apiVersion: v1
        kind: Namespace
        metadata:
          name: {AddonOptions.SystemNamespace}
          labels:
            pod-security.kubernetes.io/enforce: restricted
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: casemate-webhook
          namespace: {AddonOptions.SystemNamespace}

        """;

    private static string Rights => $"""
        # What the webhook asks the API server for, and nothing else.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: casemate-webhook
        rules:
        - apiGroups: [""]
          resources: [nodes, namespaces]
          verbs: [list, watch]
        - apiGroups: [admissionregistration.k8s.io]     # to write there whose certificates are good
          resources: [mutatingwebhookconfigurations, validatingwebhookconfigurations]
          verbs: [get, patch]
          resourceNames: [{WebhookConfigurations.DefaultName}]
        ---
        {Rbac.Binding("ClusterRole", "casemate-webhook", Account)}
        ---
        # Its certificates. RBAC cannot name what is to be created.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: casemate-webhook
          namespace: {AddonOptions.SystemNamespace}
        rules:
        - apiGroups: [""]
          resources: [secrets]
          verbs: [create]
        - apiGroups: [""]
          resources: [secrets]
          verbs: [get, patch]
          resourceNames: [casemate-webhook-tls]
        ---
        {Rbac.Binding("Role", "casemate-webhook", Account, AddonOptions.SystemNamespace)}

        """;

    private static string ClaimRights => $"""
        # With --epc-backend dra the webhook makes the templates of claims in the namespaces of pods.
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: casemate-webhook-claims
        rules:
        - apiGroups: [resource.k8s.io]
          resources: [resourceclaimtemplates]
          verbs: [create]
        ---
        {Rbac.Binding("ClusterRole", "casemate-webhook-claims", Account)}

        """;

    private const string NetworkPolicy = $"""
        # The API server, whose address no policy can name, reaches the one port; collectors of metrics in namespaces with this label the other.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: casemate-webhook
          namespace: {AddonOptions.SystemNamespace}
        spec:
          podSelector:
            matchLabels:
              app.kubernetes.io/name: casemate-webhook
          policyTypes: [Ingress]
          ingress:
          - ports:
            - port: 8443
          - from:
            - namespaceSelector:
                matchLabels:
                  casemate.dev/collects-metrics: "true"
            ports:
            - port: 9466

        """;

    private const string Service = $"""
        apiVersion: v1
        kind: Service
        metadata:
          name: {WebhookConfigurations.DefaultName}
          namespace: {AddonOptions.SystemNamespace}
        spec:
          selector:
            app.kubernetes.io/name: casemate-webhook
          ports:
          - name: https
            port: 443
            targetPort: https
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: casemate-webhook
          namespace: {AddonOptions.SystemNamespace}
        spec:
          minAvailable: 1
          selector:
            matchLabels:
              app.kubernetes.io/name: casemate-webhook

        """;

    private static string Deployment(AddonOptions options) => $"""
        # Two replicas on two nodes, on any of them; neither root nor anything else of the host.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: casemate-webhook
          namespace: {AddonOptions.SystemNamespace}
          labels:
            app.kubernetes.io/name: casemate-webhook
        {Yaml.Block(4, Labels(options))}spec:
          replicas: 2
          selector:
            matchLabels:
              app.kubernetes.io/name: casemate-webhook
          strategy:
            type: RollingUpdate
            rollingUpdate:
              maxUnavailable: 0
              maxSurge: 1
          template:
            metadata:
              labels:
                app.kubernetes.io/name: casemate-webhook
        {Yaml.Block(8, Labels(options))}    spec:
              serviceAccountName: casemate-webhook
              priorityClassName: system-cluster-critical
              nodeSelector:
                kubernetes.io/os: linux
              topologySpreadConstraints:
              - maxSkew: 1
                topologyKey: kubernetes.io/hostname
                whenUnsatisfiable: ScheduleAnyway
                labelSelector:
                  matchLabels:
                    app.kubernetes.io/name: casemate-webhook
              securityContext:
                runAsNonRoot: true
                runAsUser: 65532
                runAsGroup: 65532
                seccompProfile:
                  type: RuntimeDefault
              containers:
              - name: webhook
                image: {Yaml.Text(options.Image)}
                imagePullPolicy: IfNotPresent
                command: [casemate, webhook]
                args:
        {Yaml.Block(8, Arguments(options).Select(argument => $"- {Yaml.Text(argument)}"))}        env:
                - name: DOTNET_TieredCompilation      # code that runs often is compiled again, for this processor
                  value: "1"
                ports:
                - name: https
                  containerPort: 8443
                - name: http
                  containerPort: 9466
        {PodText.HttpProbes}        resources:
                  requests:
                    cpu: 10m
                    memory: 64Mi
                  limits:
                    memory: 256Mi
        {PodText.End(asRoot: false)}
        """;

    private static string[] Arguments(AddonOptions options) =>
    [
        "--http", "0.0.0.0:9466", "--tls-secret", $"{AddonOptions.SystemNamespace}/casemate-webhook-tls",
        .. options.Overlay switch
        {
            AddonOverlay.Dra => ["--epc-backend", "dra"],
            AddonOverlay.AksEngine => ["--epc-resource", "openenclave"],
            _ => (string[])[],
        },
    ];

    private static string[] Labels(AddonOptions options) => options.Overlay is AddonOverlay.Aks ? ["app: sgx-webhook"] : [];

    private static string Configuration()
    {
        const string Own = AddonOptions.SystemNamespace;
        JsonObject[] both = [WebhookConfigurations.Mutating(Own), WebhookConfigurations.Validating(Own)];
        return "# Down, the webhook lets pods pass as they are; it writes whose certificates are good itself.\n"
            + ManifestWriter.Write(both.Select(KubeObject.From));
    }
}
