# One image for everything: which part of Hanse a container is, its command says (docker-compose.yml).
FROM node:24-slim AS build
WORKDIR /hanse
COPY . .
RUN npm ci && npm run build

FROM node:24-slim
# The heap as local/node-options.ts has it.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=64 HOST=0.0.0.0 HANSE_DATA=/data
RUN install -d -o node -g node /data
WORKDIR /hanse
COPY --from=build /hanse/dist dist
# What cannot be bundled: native code, and WebAssembly that is read from its package.
COPY --from=build /hanse/node_modules/@node-rs node_modules/@node-rs
COPY --from=build /hanse/node_modules/@prisma/schema-engine-wasm node_modules/@prisma/schema-engine-wasm
USER node
VOLUME /data
CMD ["node", "dist/gateway/main.js"]
